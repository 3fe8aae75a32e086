import { CANARY, targetOf } from "../../core/canary";
import { labelsAt } from "../../core/read";
import { each, type Violations, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { podOf, WORKLOADS } from "../../core/workload";
import { type StackResources } from "../../core/stack-resources";

interface Config {
    readonly selectorLabels: readonly string[];
}

/** The path of each kind's pod selector. */
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
    title: "Selectors use labels that Flagger keeps on primary pods",
    severity: "critical",
    why: "Flagger changes the app label of the pods that serve production to <name>-primary, so a selector for app: <name> only matches the canary",
    remediation:
        "Select by a custom label, such as <domain>/service, which both canary and primary pods have.",
    appliesTo: [...Object.keys(SELECTORS), CANARY],
    defaults: { selectorLabels: ["app", "name", "app.kubernetes.io/name"] },
    schema: {
        selectorLabels: {
            type: "array",
            items: { type: "string" },
            description: "labels that Flagger changes: its flag -selector-labels",
        },
    },
    examples: {
        noncompliant: `
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
        compliant: `
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
    *evaluateStack(stack, { selectorLabels }) {
        const renamed = stack.collect(
            `labels that Flagger renames: ${selectorLabels.join()}`,
            stack.all(CANARY),
            (canary) => renamedBy(stack, canary, selectorLabels),
        );
        if (renamed.length === 0) return;
        yield* each(stack.all(...Object.keys(SELECTORS)), (subject) => evaluateSelector(subject, renamed));
    },
});

interface Renamed {
    readonly namespace: string;
    readonly label: string;
    readonly value: string;
}

/**
 * The labels that Flagger changes on a target's pods. If the target is not in this stack, the target's name
 * is assumed as their value.
 */
function renamedBy(stack: StackResources, canary: Subject, labels: readonly string[]): readonly Renamed[] {
    const { namespace } = canary;
    const target = targetOf(canary);
    const workload = stack.within(namespace, ...WORKLOADS).find(({ name }) => name === target);
    return labels.map((label) => ({
        namespace,
        label,
        value: (workload === undefined ? undefined : podOf(workload).labels[label]) ?? target,
    }));
}

function* evaluateSelector(subject: Subject, renamed: readonly Renamed[]): Violations {
    const path = SELECTORS[subject.id] ?? [];
    const selector = labelsAt(subject.spec, ...path);
    for (const { namespace, label, value } of renamed) {
        if (namespace !== subject.namespace || selector[label] !== value) continue;
        yield {
            subject,
            problem: `spec.${path.join(".")} requires ${label}: ${value}, which Flagger changes to ${value}-primary on the pods that serve production`,
            fix: `select by a label that Flagger keeps, such as the service's custom label, or remove ${label} from Flagger's -selector-labels and from this policy's selectorLabels.`,
        };
    }
}
