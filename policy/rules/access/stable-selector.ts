import { CANARY, targetOf } from "../../core/canary";
import { labelsAt } from "../../core/read";
import { each, type Findings, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { podOf, WORKLOADS } from "../../core/workload";
import { type World } from "../../core/world";

interface Config {
    readonly selectorLabels: readonly string[];
}

/** Where each kind says which pods it is for. */
const SELECTORS: Readonly<Record<string, readonly string[]>> = {
    "security.istio.io/AuthorizationPolicy": ["selector", "matchLabels"],
    "security.istio.io/PeerAuthentication": ["selector", "matchLabels"],
    "security.istio.io/RequestAuthentication": ["selector", "matchLabels"],
    "telemetry.istio.io/Telemetry": ["selector", "matchLabels"],
    "networking.istio.io/Sidecar": ["workloadSelector", "labels"],
    "networking.istio.io/EnvoyFilter": ["workloadSelector", "labels"],
    "networking.k8s.io/NetworkPolicy": ["podSelector", "matchLabels"],
};

export const stableSelector = stackRule<Config>({
    name: "access-stable-selector",
    area: "access",
    title: "Policies select by a label that Flagger's primary keeps",
    severity: "critical",
    why: "Flagger renames the app label of the pods that serve production to <name>-primary: what selects app: <name> holds for the canary alone",
    remedy: "Select by a label of your own, such as <domain>/service, which both the canary's and the primary's pods carry.",
    judges: [...Object.keys(SELECTORS), CANARY],
    defaults: { selectorLabels: ["app", "name", "app.kubernetes.io/name"] },
    schema: {
        selectorLabels: {
            type: "array",
            items: { type: "string" },
            description: "the labels that Flagger renames: its flag -selector-labels",
        },
    },
    examples: {
        refused: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec: { targetRef: { apiVersion: apps/v1, kind: Deployment, name: carts } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: carts, namespace: shop }
spec: { selector: { matchLabels: { app: carts } }, mtls: { mode: STRICT } }
`,
        accepted: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec: { targetRef: { apiVersion: apps/v1, kind: Deployment, name: carts } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: carts, namespace: shop }
spec: { selector: { matchLabels: { example.com/service: carts } }, mtls: { mode: STRICT } }
`,
    },
    *judgeStack(world, { selectorLabels }) {
        const renamed = world.ask(
            `labels that Flagger renames: ${selectorLabels.join()}`,
            world.all(CANARY),
            (canary) => renamedBy(world, canary, selectorLabels),
        );
        if (renamed.length === 0) return;
        yield* each(world.all(...Object.keys(SELECTORS)), (subject) => judgeSelector(subject, renamed));
    },
});

interface Renamed {
    readonly namespace: string;
    readonly label: string;
    readonly value: string;
}

/** What Flagger renames on a target's pods; where the target is not in this stack, its labels bear its name. */
function renamedBy(world: World, canary: Subject, labels: readonly string[]): readonly Renamed[] {
    const { namespace } = canary;
    const target = targetOf(canary);
    const workload = world.within(namespace, ...WORKLOADS).find(({ name }) => name === target);
    return labels.map((label) => ({
        namespace,
        label,
        value: (workload === undefined ? undefined : podOf(workload).labels[label]) ?? target,
    }));
}

function* judgeSelector(subject: Subject, renamed: readonly Renamed[]): Findings {
    const path = SELECTORS[subject.id] ?? [];
    const selector = labelsAt(subject.spec, ...path);
    for (const { namespace, label, value } of renamed) {
        if (namespace !== subject.namespace || selector[label] !== value) continue;
        yield {
            subject,
            wrong: `spec.${path.join(".")} asks for ${label}: ${value}, which Flagger changes to ${value}-primary on the pods that serve production`,
            fix: `select by a label that it keeps, such as the one that marks the service; or take ${label} out of Flagger's -selector-labels and of this policy's selectorLabels.`,
        };
    }
}
