import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "../../core/mesh-config";
import { textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { podOf, WORKLOADS } from "../../core/workload";
import { MUTATING as WEBHOOK, revisionsInjectedBy } from "../../core/webhooks";
import { type World } from "../../core/world";

interface Config extends WithExceptions {
    readonly elsewhere: readonly string[];
}

/** A tag of the Sail operator: its name is what namespaces ask for. */
const SAILS_TAG = "sailoperator.io/IstioRevisionTag";

export const revisions = stackRule<Config>({
    name: "injection-revisions",
    area: "injection",
    title: "A revision that asks for sidecars is one that a control plane has",
    severity: "critical",
    why: "the label istio.io/rev with a name that no control plane has looks like injection, and nothing injects",
    remedy: "Label with the revision of the control plane or one of its tags; list those that another stack brings.",
    judges: ["core/Namespace", ...WORKLOADS, ...MESH_CONFIG_HOLDERS, WEBHOOK, SAILS_TAG],
    defaults: { ...NO_EXCEPTIONS, elsewhere: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        elsewhere: {
            type: "array",
            items: { type: "string" },
            description: "revisions and tags of control planes that other stacks bring",
        },
    },
    examples: {
        refused: `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { revision: 1-31, meshConfig: {} }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/rev: stable } }
`,
        accepted: `
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
    *judgeStack(world, config) {
        // Without a control plane in the stack, another stack has it, with revisions of its own.
        if (!world.bringsControlPlane) return;
        const known = new Set([...config.elsewhere, ...revisionsOf(world)]);
        yield* each(world.all("core/Namespace", ...WORKLOADS), function* (subject) {
            const isNamespace = subject.id === "core/Namespace";
            const labels = isNamespace ? subject.labels : podOf(subject).labels;
            const asked = askedBy(labels, isNamespace);
            if (asked === undefined || known.has(asked.revision)) return;
            const { revision, label } = asked;
            // What is not known yet may be the one.
            const doubt = world.doubtIn(REVISIONS);
            if (doubt !== undefined) throw doubt as Error;
            if (isExcepted(config, isNamespace ? { namespace: subject.name, name: subject.name } : subject))
                return;
            yield {
                subject,
                wrong: `${isNamespace ? "its label" : "its pods' label"} is ${label}, and the control plane of this stack has ${known.size === 0 ? "no revision" : [...known].sort().join(", ")}, and not ${revision}, so nothing injects its sidecars`,
                fix: "name a revision or a tag that is there; list one that another stack brings under `elsewhere` of this policy.",
            };
        });
    },
});

/** `istio-injection` asks for the control plane, or the tag, of the name `default`; it counts where both are there. */
function askedBy(
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

/** Revisions and tags of the stack's own control planes. */
function revisionsOf(world: World): readonly string[] {
    return world.ask(REVISIONS, world.all(...MESH_CONFIG_HOLDERS, WEBHOOK, SAILS_TAG), (subject) => {
        if (subject.id === SAILS_TAG) return [subject.name];
        return subject.id === WEBHOOK
            ? revisionsInjectedBy(subject)
            : meshConfigsOf(subject).flatMap(namesOf);
    });
}

/** Without a name of its own a revision is `default`; Sail's bears the name of its object, or that and the version. */
function namesOf({ subject, values }: MeshConfigSource): readonly string[] {
    const own = textAt(values, "revision") ?? textAt(subject.spec, "revision") ?? "";
    const tags = texts(values["revisionTags"]);
    if (own !== "") return [own, ...tags];
    // A ConfigMap is named for its revision.
    if (subject.id === "core/ConfigMap") return [subject.name.replace(/^istio-?/, "") || "default", ...tags];
    if (!subject.id.startsWith("sailoperator.io/")) return ["default", ...tags];
    const version = (textAt(subject.spec, "version") ?? "").replaceAll(".", "-");
    const byVersion = textAt(subject.spec, "updateStrategy", "type") === "RevisionBased";
    return [byVersion ? `${subject.name}-${version}` : subject.name, ...tags];
}
