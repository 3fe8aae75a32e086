import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, fields, list, says, text, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

const DEFINITION = "apiextensions.k8s.io/CustomResourceDefinition";
const API_SERVICE = "apiregistration.k8s.io/APIService";

/** Groups whose objects keep the mesh closed. */
const GUARDED =
    /(^|\.)(istio\.io|gateway\.networking\.k8s\.io|cert-manager\.io|flagger\.app|cilium\.io|projectcalico\.org|networking\.k8s\.aws)$|^(networking|rbac\.authorization|policy\.networking|admissionregistration)\.k8s\.io$/;

export const definitions = objectRule<WithExceptions>({
    name: "extensions-definitions",
    area: "extensions",
    title: "The kinds that hold the mesh's policies are served as they were made",
    severity: "critical",
    why: "a CRD that serves no version, prunes the spec or converts it elsewhere takes every policy of its kind away, and each of them still looks right in the program",
    remedy: "Install CRDs by the chart or the release manifest of the project that they belong to, unchanged.",
    judges: [DEFINITION, API_SERVICE],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: authorizationpolicies.security.istio.io }
spec: { group: security.istio.io, scope: Namespaced, names: { kind: AuthorizationPolicy, plural: authorizationpolicies }, versions: [] }
`,
        accepted: `
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
    *judge(subject, config) {
        const group = textAt(subject.spec, "group") ?? "";
        if (!GUARDED.test(group) || isExcepted(config, subject)) return;
        for (const wrong of subject.id === DEFINITION ? flawsOf(subject) : delegation(subject)) {
            yield {
                subject,
                wrong,
                fix: "remove it from this stack, and install the project's own CRDs.",
            } satisfies Finding;
        }
    },
});

/** An API group that is answered by a Service: its objects are no longer in the API server. */
function* delegation({ spec }: Subject): Iterable<string> {
    const service = textAt(spec, "service", "name");
    if (service !== undefined)
        yield `spec.service has ${service} answer for ${textAt(spec, "group") ?? "the group"}`;
}

function* flawsOf({ spec, isPatch }: Subject): Iterable<string> {
    const versions = list(spec["versions"]);
    const isServed = (version: unknown): boolean => textAt(version, "served") !== "false";
    if (!isPatch && !versions.some(isServed))
        yield "spec.versions serves none, so every object of the kind is gone";
    for (const [index, version] of versions.entries()) {
        const path = `spec.versions[${index}]`;
        const name = textAt(version, "name") ?? "";
        // Alphas of kinds that have moved on are not served any more by their own projects.
        if (!isServed(version) && !name.includes("alpha"))
            yield `${path}.served is false, so nobody reads ${name}`;
        if (isServed(version) && prunes(at(version, "schema", "openAPIV3Schema")))
            yield `${path}.schema keeps no spec, so the API server prunes it from every object`;
    }
    const conversion = textAt(spec, "conversion", "strategy");
    if (conversion === "Webhook")
        yield "spec.conversion leads every object through a webhook, which may change it";
}

/** Whether a schema drops the spec of its objects: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning */
function prunes(schema: unknown): boolean {
    if (schema === undefined || isOpen(schema)) return false;
    const spec = at(schema, "properties", "spec");
    return !(isOpen(spec) || says(at(spec, "properties")) || says(at(spec, "additionalProperties")));
}

function isOpen(schema: unknown): boolean {
    return text(fields(schema)["x-kubernetes-preserve-unknown-fields"]) === "true";
}
