import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { isClusterHost } from "../../core/hosts";
import { says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const noOutsidersInside = objectRule<WithExceptions>({
    name: "egress-no-outsiders-inside",
    area: "egress",
    title: "Nothing outside the cluster passes for a part of the mesh",
    severity: "high",
    why: "what is registered as inside is called straight from every sidecar: past the egress gateway, its rules and its log",
    remedy: "Register it as what it is: a ServiceEntry of MESH_EXTERNAL, led through the egress gateway.",
    judges: [
        "networking.istio.io/ServiceEntry",
        "networking.istio.io/WorkloadEntry",
        "networking.istio.io/WorkloadGroup",
        "core/Service",
        "core/Endpoints",
        "discovery.k8s.io/EndpointSlice",
    ],
    defaults: NO_EXCEPTIONS,
    schema: {
        exceptions: {
            ...EXCEPTIONS_SCHEMA,
            description:
                "machines of yours that have joined the mesh with a sidecar, by the object that says so",
        },
    },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: { name: partner, namespace: shop }
spec: { hosts: [api.example.com], exportTo: ["."], location: MESH_INTERNAL, resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }] }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: old-host, namespace: shop }
spec: { address: 203.0.113.7, labels: { app: carts }, serviceAccount: carts }
---
apiVersion: v1
kind: Service
metadata: { name: partner, namespace: shop }
spec: { type: ExternalName, externalName: api.example.com }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: partner, namespace: shop }
spec: { hosts: [api.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }] }
---
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: web }
spec: { type: ExternalName, externalName: carts.shop.svc.cluster.local }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        const wrong = outsider(subject);
        if (wrong === undefined) return;
        yield {
            subject,
            wrong,
            fix: "register it with location MESH_EXTERNAL behind the egress gateway; or, if it is a machine of yours with a sidecar, list it under this policy's exceptions with a reason and an end date.",
        };
    },
});

function outsider({ kind, spec }: Subject): string | undefined {
    switch (kind) {
        case "ServiceEntry":
            // With a selector its endpoints are pods, or WorkloadEntries, which are judged as such.
            return textAt(spec, "location") === "MESH_INTERNAL" && !says(spec["workloadSelector"])
                ? "spec.location is MESH_INTERNAL for addresses that it lists or looks up itself"
                : undefined;
        case "WorkloadEntry":
            return `spec.address ${textAt(spec, "address") ?? ""} becomes an endpoint of the Services that its labels fit, and no pod's`;
        case "WorkloadGroup":
            return "machines that are no pods may join as endpoints of the Services that its labels fit";
        case "Endpoints":
        case "EndpointSlice":
            return "it gives a Service addresses by hand, which need be no pod's of the mesh";
        default: {
            const name = textAt(spec, "externalName");
            const isOutside =
                textAt(spec, "type") === "ExternalName" && (name === undefined || !isClusterHost(name));
            return isOutside
                ? `spec.externalName leads to ${name ?? "nowhere"}, outside the cluster`
                : undefined;
        }
    }
}
