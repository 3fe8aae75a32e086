import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type World } from "../../core/world";

/** The key of MeshConfig that says to whom an object goes which does not say it itself. */
const MESH_DEFAULTS: Readonly<Record<string, string>> = {
    "networking.istio.io/DestinationRule": "defaultDestinationRuleExportTo",
    "networking.istio.io/ServiceEntry": "defaultServiceExportTo",
    "networking.istio.io/VirtualService": "defaultVirtualServiceExportTo",
};

export const exportTo = stackRule<WithExceptions>({
    name: "egress-export-to",
    area: "egress",
    title: "Routes, rules and hosts outside are exported to the namespaces that need them",
    severity: "medium",
    why: "without exportTo every namespace of the mesh sees the host, and its sidecars take on the route of whoever wrote it",
    remedy: 'Set exportTo to "." for the object\'s own namespace, and name the others that need it. Mesh-wide defaults of MeshConfig count.',
    judges: Object.keys(MESH_DEFAULTS),
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all(...Object.keys(MESH_DEFAULTS)), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            const namespaces = texts(subject.spec["exportTo"]);
            if (isNarrow(namespaces) || (namespaces.length === 0 && isNarrowByDefault(world, subject.id)))
                return;
            yield {
                subject,
                wrong: `spec.exportTo ${namespaces.length === 0 ? "is not stated, so it" : 'has "*", which'} means every namespace`,
                fix: 'set it to ["."], and add the namespaces that need the object.',
            };
        });
    },
});

function isNarrow(namespaces: readonly string[]): boolean {
    return namespaces.length > 0 && !namespaces.includes("*");
}

/** Whether every control plane of the stack narrows what says nothing itself. */
function isNarrowByDefault({ meshConfigs }: World, id: string): boolean {
    const key = MESH_DEFAULTS[id] ?? "";
    return meshConfigs.length > 0 && meshConfigs.every(({ config }) => isNarrow(texts(config[key])));
}
