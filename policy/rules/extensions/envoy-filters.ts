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
    /** Digest of its spec, as in the message. */
    readonly sha256?: string;
    /** For content that differs between stacks: allowed patches, such as `INSERT_BEFORE HTTP_FILTER`. */
    readonly patches?: readonly string[];
    /** With `patches`: the allowed `@type`s. */
    readonly types?: readonly string[];
}

interface Config extends WithBaseline {
    readonly allowed: readonly Allowed[];
}

export const envoyFilters = objectRule<Config>({
    name: "extensions-envoy-filters",
    area: "extensions",
    title: "EnvoyFilters and plugins are reviewed and listed",
    severity: "critical",
    why: "an EnvoyFilter changes the proxy itself: it can disable JWT authentication, RBAC and TLS, and no other policy evaluates it",
    remediation:
        "Review it, and list it under `allowed` with its sha256, so that later changes are reviewed too; or list its allowed patches and types.",
    appliesTo: [
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
                    name: { type: "string", description: "a trailing * matches any suffix" },
                    reason: { type: "string", minLength: 10 },
                    sha256: {
                        type: "string",
                        pattern: "^[0-9a-f]{64}$",
                        description: "digest of its spec",
                    },
                    patches: {
                        type: "array",
                        items: { type: "string" },
                        description: "instead of sha256: allowed patches, such as INSERT_BEFORE HTTP_FILTER",
                    },
                    types: {
                        type: "array",
                        items: { type: "string" },
                        description: "with patches: every allowed @type",
                    },
                },
            },
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: lua, namespace: shop }
spec: { configPatches: [{ applyTo: HTTP_FILTER, patch: { operation: REMOVE } }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["~/*"] }] }
`,
    },
    *evaluate(subject, { allowed, baseline: name }) {
        const baseline = baselineOf({ baseline: name });
        if (baseline !== undefined) {
            if (baseline.objects[kindOf(subject)]?.[keyOf(subject)] === contentOf(subject)) return;
            yield {
                subject,
                problem: `it changes the proxies (${patches(subject)}), and the baseline does not list it with this content`,
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
            problem:
                listed.length === 0
                    ? `it changes the proxies (${patches(subject)}) and is not listed`
                    : `it has changed since it was reviewed (${patches(subject)})`,
            fix: `review it, and ${listed.length === 0 ? "list it under `allowed` of this policy" : "update its entry"}, with sha256 ${sha256}.`,
        };
    },
});

function fits(pattern: string, name: string): boolean {
    return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/**
 * Whether a filter contains only listed patches and types. A plugin's content is its image, so it is only
 * listed by sha256.
 */
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
    const patchTexts = patchesOf(spec);
    return patchTexts.length === 0 ? "a plugin" : [...new Set(patchTexts)].join(", ");
}
