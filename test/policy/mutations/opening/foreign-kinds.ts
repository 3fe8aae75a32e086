/** Added kinds of other controllers and of the Kubernetes Gateway API. */
import { type Mutation, type Props } from "../model";
import { added, addedWith } from "./added";

/** Objects added to the stack. */
export function strangeKinds(): readonly Mutation[] {
    const add = (kind: string, apiVersion: string, object: string, spec: Props): Mutation =>
        added(`added: ${kind}`, apiVersion, object, "sparc", "added", spec);
    const service = { name: "admin-console", port: 8080 };
    return [
        add("a route of Contour", "projectcontour.io/v1", "HTTPProxy", {
            virtualhost: { fqdn: "x.example.com" },
            routes: [{ services: [service] }],
        }),
        add("a route of OpenShift", "route.openshift.io/v1", "Route", {
            host: "x.example.com",
            to: { kind: "Service", name: "admin-console" },
        }),
        add("a route of Traefik", "traefik.io/v1alpha1", "IngressRoute", {
            routes: [{ match: "Host(`x`)", services: [service] }],
        }),
        add("external TLS settings for a service", "gateway.networking.k8s.io/v1", "BackendTLSPolicy", {
            targetRefs: [{ group: "", kind: "Service", name: "auth" }],
            validation: { hostname: "example.net", wellKnownCACertificates: "System" },
        }),
        add("a Service of other clusters", "multicluster.x-k8s.io/v1alpha1", "ServiceExport", {}),
        add("a Gateway of another controller", "gateway.networking.k8s.io/v1", "Gateway", {
            gatewayClassName: "nginx",
            listeners: [{ name: "h", port: 443, protocol: "HTTPS", hostname: "x.example.com" }],
        }),
        add("a Gateway API Gateway without tokens", "gateway.networking.k8s.io/v1", "Gateway", {
            gatewayClassName: "istio",
            listeners: [{ name: "h", port: 443, protocol: "HTTPS", hostname: "x.example.com" }],
        }),
        add("a ListenerSet in plaintext", "gateway.networking.k8s.io/v1", "ListenerSet", {
            parentRef: { name: "public" },
            listeners: [{ name: "h", port: 80, protocol: "HTTP" }],
        }),
        add("an Ingress of Istio's class without tokens", "networking.k8s.io/v1", "Ingress", {
            ingressClassName: "istio",
            tls: [{ hosts: ["x.example.com"], secretName: "x" }],
            rules: [{ host: "x.example.com" }],
        }),
        add("a mesh route to another service", "gateway.networking.k8s.io/v1", "HTTPRoute", {
            parentRefs: [{ group: "", kind: "Service", name: "auth" }],
            rules: [{ backendRefs: [{ name: "reports", port: 8080 }] }],
        }),
        add("a mesh route that sets the tenant header", "gateway.networking.k8s.io/v1", "GRPCRoute", {
            parentRefs: [{ group: "", kind: "Service", name: "auth" }],
            rules: [
                {
                    filters: [
                        {
                            type: "RequestHeaderModifier",
                            requestHeaderModifier: { set: [{ name: "X-Tenant", value: "acme" }] },
                        },
                    ],
                    backendRefs: [{ name: "auth", port: 9090 }],
                },
            ],
        }),
        add("a mesh route that mirrors to another service", "gateway.networking.k8s.io/v1", "HTTPRoute", {
            parentRefs: [{ group: "", kind: "Service", name: "auth" }],
            rules: [
                {
                    filters: [
                        {
                            type: "RequestMirror",
                            requestMirror: { backendRef: { name: "reports", port: 8080 } },
                        },
                    ],
                    backendRefs: [{ name: "auth", port: 9090 }],
                },
            ],
        }),
        add("alerts to an external host", "flagger.app/v1beta1", "AlertProvider", {
            type: "slack",
            address: "https://drop.example.net/",
        }),
        addedWith("added: manual endpoints", "discovery.k8s.io/v1", "EndpointSlice", "sparc", "auth-x", {
            endpoints: [{ addresses: ["10.0.0.1"] }],
        }),
    ];
}
