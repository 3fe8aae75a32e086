import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, fields, list, isNonEmpty, text, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

const DEFINITION = "apiextensions.k8s.io/CustomResourceDefinition";
const API_SERVICE = "apiregistration.k8s.io/APIService";

/** API groups with security policies of the mesh. */
const POLICY_API_GROUPS =
    /(^|\.)(istio\.io|gateway\.networking\.k8s\.io|cert-manager\.io|flagger\.app|cilium\.io|projectcalico\.org|networking\.k8s\.aws)$|^(networking|rbac\.authorization|policy\.networking|admissionregistration)\.k8s\.io$/;

export const crds = objectRule<WithExceptions>({
    name: "extensions-crds",
    area: "extensions",
    title: "CRDs with policies of the mesh are served unchanged",
    severity: "critical",
    why: "a CRD that serves no version, prunes the spec or converts it with a webhook disables every policy of its kind, although the objects still look right",
    remediation: "Install CRDs with the chart or the release manifest of their project, unchanged.",
    appliesTo: [DEFINITION, API_SERVICE],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: authorizationpolicies.security.istio.io }
spec: { group: security.istio.io, scope: Namespaced, names: { kind: AuthorizationPolicy, plural: authorizationpolicies }, versions: [] }
`,
        compliant: `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: authorizationpolicies.security.istio.io }
spec:
  group: security.istio.io
  scope: Namespaced
  names: { kind: AuthorizationPolicy, plural: authorizationpolicies }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { action: { type: string } } } } } } }]
`,
    },
    *evaluate(subject, config) {
        const group = textAt(subject.spec, "group") ?? "";
        if (!POLICY_API_GROUPS.test(group) || isExcepted(config, subject)) return;
        for (const problem of subject.id === DEFINITION ? problemsOf(subject) : delegation(subject)) {
            yield {
                subject,
                problem,
                fix: "remove it from this stack, and install the CRDs of the project.",
            } satisfies Violation;
        }
    },
});

/** An aggregated API group: its objects are stored outside the API server. */
function* delegation({ spec }: Subject): Iterable<string> {
    const service = textAt(spec, "service", "name");
    if (service !== undefined)
        yield `spec.service delegates ${textAt(spec, "group") ?? "the group"} to the Service ${service}`;
}

function* problemsOf({ spec, isPatch }: Subject): Iterable<string> {
    const versions = list(spec["versions"]);
    const isServed = (version: unknown): boolean => textAt(version, "served") !== "false";
    if (!isPatch && !versions.some(isServed))
        yield "spec.versions serves no version, so every object of the kind is ignored";
    for (const [index, version] of versions.entries()) {
        const path = `spec.versions[${index}]`;
        const name = textAt(version, "name") ?? "";
        // Projects no longer serve alpha versions of stable kinds.
        if (!isServed(version) && !name.includes("alpha"))
            yield `${path}.served is false, so objects of ${name} are ignored`;
        if (isServed(version) && prunes(at(version, "schema", "openAPIV3Schema")))
            yield `${path}.schema has no spec, so the API server prunes it from every object`;
    }
    const conversion = textAt(spec, "conversion", "strategy");
    if (conversion === "Webhook")
        yield "spec.conversion sends every object to a webhook, which can change it";
}

/**
 * Whether a schema drops the spec of its objects:
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
function prunes(schema: unknown): boolean {
    if (schema === undefined || isOpen(schema)) return false;
    const spec = at(schema, "properties", "spec");
    return !(
        isOpen(spec) ||
        isNonEmpty(at(spec, "properties")) ||
        isNonEmpty(at(spec, "additionalProperties"))
    );
}

function isOpen(schema: unknown): boolean {
    return text(fields(schema)["x-kubernetes-preserve-unknown-fields"]) === "true";
}
