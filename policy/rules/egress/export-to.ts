import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type StackResources } from "../../core/stack-resources";

/** The MeshConfig field with the default exportTo of each kind. */
const MESH_DEFAULTS: Readonly<Record<string, string>> = {
    "networking.istio.io/DestinationRule": "defaultDestinationRuleExportTo",
    "networking.istio.io/ServiceEntry": "defaultServiceExportTo",
    "networking.istio.io/VirtualService": "defaultVirtualServiceExportTo",
};

export const exportTo = stackRule<WithExceptions>({
    name: "egress-export-to",
    area: "egress",
    title: "VirtualServices, DestinationRules and ServiceEntries are exported only to namespaces that need them",
    severity: "medium",
    why: "without exportTo every namespace of the mesh sees the object, so that anyone who can create one changes the routes of all sidecars",
    remediation:
        'Set exportTo to "." for the object\'s namespace, and add the others that need it. Mesh-wide defaults in MeshConfig are accepted too.',
    appliesTo: Object.keys(MESH_DEFAULTS),
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all(...Object.keys(MESH_DEFAULTS)), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            const namespaces = texts(subject.spec["exportTo"]);
            if (isNarrow(namespaces) || (namespaces.length === 0 && isNarrowByDefault(stack, subject.id)))
                return;
            yield {
                subject,
                problem: `spec.exportTo ${namespaces.length === 0 ? "is not set" : 'has "*"'}, so every namespace sees the object`,
                fix: 'set it to ["."], and add the namespaces that need the object.',
            };
        });
    },
});

function isNarrow(namespaces: readonly string[]): boolean {
    return namespaces.length > 0 && !namespaces.includes("*");
}

/** Whether every control plane of the stack restricts objects without exportTo. */
function isNarrowByDefault({ meshConfigs }: StackResources, id: string): boolean {
    const key = MESH_DEFAULTS[id] ?? "";
    return meshConfigs.length > 0 && meshConfigs.every(({ config }) => isNarrow(texts(config[key])));
}
