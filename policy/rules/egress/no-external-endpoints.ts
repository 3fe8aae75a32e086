import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { isClusterHost } from "../../core/hosts";
import { isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const noExternalEndpoints = objectRule<WithExceptions>({
    name: "egress-no-external-endpoints",
    area: "egress",
    title: "No external endpoint is registered as part of the mesh",
    severity: "high",
    why: "sidecars call an internal endpoint directly, without the egress gateway, its policies and its access log",
    remediation: "Register it as a ServiceEntry with MESH_EXTERNAL, and route it through the egress gateway.",
    appliesTo: [
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
            description: "VMs that have joined the mesh with a sidecar, by the object that registers them",
        },
    },
    examples: {
        noncompliant: `
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
        compliant: `
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
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        const problem = externalEndpointProblem(subject);
        if (problem === undefined) return;
        yield {
            subject,
            problem,
            fix: "register it with location MESH_EXTERNAL behind the egress gateway. If it is a VM with a sidecar, add it to this policy's exceptions with a reason and an end date.",
        };
    },
});

function externalEndpointProblem({ kind, spec }: Subject): string | undefined {
    switch (kind) {
        case "ServiceEntry":
            // With a selector its endpoints are pods or WorkloadEntries, which are evaluated themselves.
            return textAt(spec, "location") === "MESH_INTERNAL" && !isNonEmpty(spec["workloadSelector"])
                ? "spec.location is MESH_INTERNAL for addresses that are not those of pods"
                : undefined;
        case "WorkloadEntry":
            return `spec.address ${textAt(spec, "address") ?? ""} becomes an endpoint of the Services that select its labels, and is not that of a pod`;
        case "WorkloadGroup":
            return "VMs can join as endpoints of the Services that select its labels";
        case "Endpoints":
        case "EndpointSlice":
            return "it sets the addresses of a Service manually, which may not be those of pods in the mesh";
        default: {
            const name = textAt(spec, "externalName");
            const isOutside =
                textAt(spec, "type") === "ExternalName" && (name === undefined || !isClusterHost(name));
            return isOutside
                ? `spec.externalName is ${name ?? "not set"}, which is not a host of the cluster`
                : undefined;
        }
    }
}
