import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "../../core/mesh-config";
import { textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { podOf, WORKLOADS } from "../../core/workload";
import { MUTATING as WEBHOOK, revisionsInjectedBy } from "../../core/webhooks";
import { type StackResources } from "../../core/stack-resources";

interface Config extends WithExceptions {
    readonly elsewhere: readonly string[];
}

/** A tag of the Sail operator: its name is the revision label of namespaces. */
const SAIL_REVISION_TAG = "sailoperator.io/IstioRevisionTag";

export const revisions = stackRule<Config>({
    name: "injection-revisions",
    area: "injection",
    title: "Every revision label refers to a revision or tag of a control plane",
    severity: "critical",
    why: "a label istio.io/rev with an unknown revision looks like injection, but no sidecar is injected",
    remediation: "Use the revision of the control plane or one of its tags. List those of other stacks.",
    appliesTo: ["core/Namespace", ...WORKLOADS, ...MESH_CONFIG_HOLDERS, WEBHOOK, SAIL_REVISION_TAG],
    defaults: { ...NO_EXCEPTIONS, elsewhere: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        elsewhere: {
            type: "array",
            items: { type: "string" },
            description: "revisions and tags of control planes in other stacks",
        },
    },
    examples: {
        noncompliant: `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { revision: 1-31, meshConfig: {} }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/rev: stable } }
`,
        compliant: `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { revision: 1-31, meshConfig: {} }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/rev: 1-31 } }
`,
    },
    *evaluateStack(stack, config) {
        // Without a control plane in this stack, the revisions are defined in another stack.
        if (!stack.bringsControlPlane) return;
        const known = new Set([...config.elsewhere, ...revisionsOf(stack)]);
        yield* each(stack.all("core/Namespace", ...WORKLOADS), function* (subject) {
            const isNamespace = subject.id === "core/Namespace";
            const labels = isNamespace ? subject.labels : podOf(subject).labels;
            const requested = requestedBy(labels, isNamespace);
            if (requested === undefined || known.has(requested.revision)) return;
            const { revision, label } = requested;
            // A revision that is unknown until the update may be the requested one.
            const unresolved = stack.errorIn(REVISIONS);
            if (unresolved !== undefined) throw unresolved as Error;
            if (isExcepted(config, isNamespace ? { namespace: subject.name, name: subject.name } : subject))
                return;
            yield {
                subject,
                problem: `${isNamespace ? "its label" : "its pods' label"} is ${label}, but the control plane of this stack has ${known.size === 0 ? "no revision" : [...known].sort().join(", ")} and not ${revision}, so no sidecars are injected`,
                fix: "use an existing revision or tag; list one of another stack under `elsewhere` of this policy.",
            };
        });
    },
});

/** `istio-injection` selects the revision or tag `default`, and takes precedence over `istio.io/rev`. */
function requestedBy(
    labels: Readonly<Record<string, string>>,
    isNamespace: boolean,
): { revision: string; label: string } | undefined {
    const injection = isNamespace ? labels["istio-injection"] : undefined;
    if (injection === "enabled") return { revision: "default", label: "istio-injection: enabled" };
    const revision = labels["istio.io/rev"] ?? "";
    return injection !== undefined || revision === ""
        ? undefined
        : { revision, label: `istio.io/rev: ${revision}` };
}

const REVISIONS = "revisions";

/** Revisions and tags of the control planes in this stack. */
function revisionsOf(stack: StackResources): readonly string[] {
    return stack.collect(
        REVISIONS,
        stack.all(...MESH_CONFIG_HOLDERS, WEBHOOK, SAIL_REVISION_TAG),
        (subject) => {
            if (subject.id === SAIL_REVISION_TAG) return [subject.name];
            return subject.id === WEBHOOK
                ? revisionsInjectedBy(subject)
                : meshConfigsOf(subject).flatMap(namesOf);
        },
    );
}

/**
 * An unnamed revision is `default`. The Sail operator names it after its object, or after the object and the
 * version.
 */
function namesOf({ subject, values }: MeshConfigSource): readonly string[] {
    const installedRevision = textAt(values, "revision") ?? textAt(subject.spec, "revision") ?? "";
    const tags = texts(values["revisionTags"]);
    if (installedRevision !== "") return [installedRevision, ...tags];
    // The ConfigMap's name contains the revision.
    if (subject.id === "core/ConfigMap") return [subject.name.replace(/^istio-?/, "") || "default", ...tags];
    if (!subject.id.startsWith("sailoperator.io/")) return ["default", ...tags];
    const version = (textAt(subject.spec, "version") ?? "").replaceAll(".", "-");
    const byVersion = textAt(subject.spec, "updateStrategy", "type") === "RevisionBased";
    return [byVersion ? `${subject.name}-${version}` : subject.name, ...tags];
}
