import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { texts } from "../../core/read";
import { objectRule } from "../../core/rule";

export const exportTo = objectRule<WithExceptions>({
    name: "egress-export-to",
    area: "egress",
    title: "Routes, rules and hosts outside are exported to the namespaces that need them",
    severity: "medium",
    why: "without exportTo every namespace of the mesh sees the host, and its sidecars take on the route of whoever wrote it",
    remedy: 'Set exportTo to "." for the object\'s own namespace, and name the others that need it.',
    judges: [
        "networking.istio.io/DestinationRule",
        "networking.istio.io/ServiceEntry",
        "networking.istio.io/VirtualService",
    ],
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
    *judge(subject, config) {
        const namespaces = texts(subject.spec["exportTo"]);
        const narrow = namespaces.length > 0 && !namespaces.includes("*");
        if (narrow || subject.isPatch || isExcepted(config, subject)) return;
        yield {
            subject,
            wrong: `spec.exportTo ${namespaces.length === 0 ? "is not stated, so it" : 'has "*", which'} means every namespace`,
            fix: 'set it to ["."], and add the namespaces that need the object.',
        };
    },
    remedied({ spec, isPatch }, { exceptions }) {
        const namespaces = texts(spec["exportTo"]);
        // "*" was somebody's decision; nothing at all was nobody's.
        if (isPatch || exceptions.length > 0 || namespaces.length > 0) return undefined;
        return { spec: { ...spec, exportTo: ["."] } };
    },
});
