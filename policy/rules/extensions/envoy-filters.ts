import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { digest } from "../../core/flatten";
import { contentOf, keyOf, kindOf } from "../../core/listing";
import { at, list, text, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Allowed {
    readonly namespace: string;
    readonly name: string;
    readonly reason: string;
    /** Of its spec, as the message says it. */
    readonly sha256?: string;
    /** Where its content differs from stack to stack: what it may do, `INSERT_BEFORE HTTP_FILTER`. */
    readonly patches?: readonly string[];
    /** With `patches`: the `@type`s that it may hold. */
    readonly types?: readonly string[];
}

interface Config extends WithBaseline {
    readonly allowed: readonly Allowed[];
}

export const envoyFilters = objectRule<Config>({
    name: "extensions-envoy-filters",
    area: "extensions",
    title: "EnvoyFilters and plugins are those that somebody has read and listed",
    severity: "critical",
    why: "an EnvoyFilter changes the proxy itself: it can turn off tokens, RBAC and TLS, and no other policy sees it",
    remedy: "Read it, then list it under `allowed` with its sha256, so that a later change is read again; or with the patches and types that it may hold.",
    judges: [
        "networking.istio.io/EnvoyFilter",
        "extensions.istio.io/WasmPlugin",
        "extensions.istio.io/TrafficExtension",
    ],
    defaults: { allowed: [], ...NO_BASELINE },
    schema: {
        baseline: {
            ...BASELINE_SCHEMA,
            description: "instead of `allowed`: the name of a baseline in policy/baseline that lists them",
        },
        allowed: {
            type: "array",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["namespace", "name", "reason"],
                oneOf: [{ required: ["sha256"] }, { required: ["patches", "types"] }],
                properties: {
                    namespace: { type: "string" },
                    name: { type: "string", description: "a * at its end stands for any ending" },
                    reason: { type: "string", minLength: 10 },
                    sha256: {
                        type: "string",
                        pattern: "^[0-9a-f]{64}$",
                        description: "of its spec",
                    },
                    patches: {
                        type: "array",
                        items: { type: "string" },
                        description: "instead of sha256: what it may do, such as INSERT_BEFORE HTTP_FILTER",
                    },
                    types: {
                        type: "array",
                        items: { type: "string" },
                        description: "with patches: every @type that it may hold",
                    },
                },
            },
        },
    },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: lua, namespace: shop }
spec: { configPatches: [{ applyTo: HTTP_FILTER, patch: { operation: REMOVE } }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["~/*"] }] }
`,
    },
    *judge(subject, { allowed, baseline: name }) {
        const baseline = baselineOf({ baseline: name });
        if (baseline !== undefined) {
            if (baseline.objects[kindOf(subject)]?.[keyOf(subject)] === contentOf(subject)) return;
            yield {
                subject,
                wrong: `it changes the proxies (${patches(subject)}), and the baseline does not list it with this content`,
                fix: howToList(name),
            };
            return;
        }
        const listed = allowed.filter(
            ({ namespace, name }) => namespace === subject.namespace && fits(name, subject.name),
        );
        const sha256 = digest(subject.spec);
        if (
            listed.some((entry) =>
                entry.sha256 === undefined ? holdsOnly(subject, entry) : entry.sha256 === sha256,
            )
        )
            return;
        yield {
            subject,
            wrong:
                listed.length === 0
                    ? `it changes the proxies (${patches(subject)}) and is not listed`
                    : `it is not what was read when it was listed (${patches(subject)})`,
            fix: `read it, and ${listed.length === 0 ? "list it under `allowed` of this policy" : "change its entry"}, with sha256 ${sha256}.`,
        };
    },
});

function fits(pattern: string, name: string): boolean {
    return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Whether all that a filter does and holds is among what was read. A plugin's content is its image: by sha256 alone. */
function holdsOnly({ id, spec }: Subject, { patches = [], types = [] }: Allowed): boolean {
    return (
        id === "networking.istio.io/EnvoyFilter" &&
        patchesOf(spec).every((patch) => patches.includes(patch)) &&
        typesIn(spec).every((type) => types.includes(type))
    );
}

function typesIn(value: unknown): readonly string[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) =>
        key === "@type" ? [text(inner) ?? ""] : typesIn(inner),
    );
}

function patchesOf(spec: Subject["spec"]): readonly string[] {
    return list(spec["configPatches"]).map(
        (patch) => `${textAt(at(patch, "patch"), "operation") ?? "?"} ${textAt(patch, "applyTo") ?? "?"}`,
    );
}

function patches({ spec }: Subject): string {
    const said = patchesOf(spec);
    return said.length === 0 ? "a plugin" : [...new Set(said)].join(", ");
}
