import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { objectRule } from "../../core/rule";

/** API groups of other gateways and ingress controllers: whatever their kinds are, they lead past the mesh's gateways. */
const OTHER_GATEWAYS: readonly string[] = [
    "apisix.apache.org",
    "configuration.konghq.com",
    "gateway.envoyproxy.io",
    "gateway.k8s.aws",
    "gateway.solo.io",
    "getambassador.io",
    "ingress.k8s.ngrok.com",
    "ingress.v1.haproxy.org",
    "ingress.v3.haproxy.org",
    "k8s.nginx.org",
    "ngrok.k8s.ngrok.com",
    "projectcontour.io",
    "route.openshift.io",
    "tailscale.com",
    "traefik.containo.us",
    "traefik.io",
    "voyager.appscode.com",
    "x.getambassador.io",
];

/** Of the Gateway API, what changes a gateway or its clients from outside of what the other policies read. */
const UNREAD: Readonly<Record<string, string>> = {
    "gateway.networking.k8s.io/ListenerSet":
        "adds listeners to a gateway that the gateway's own object does not show",
    "gateway.networking.x-k8s.io/XListenerSet":
        "adds listeners to a gateway that the gateway's own object does not show",
    "gateway.networking.k8s.io/BackendTLSPolicy":
        "has clients of a Service speak TLS of its own instead of the mesh's, without their identity",
    "gateway.networking.x-k8s.io/XBackendTrafficPolicy": "changes how clients reach a Service",
    "gateway.networking.x-k8s.io/XMesh": "changes the mesh",
};

export const noOtherGateways = objectRule<WithExceptions>({
    name: "gateways-no-other-kinds",
    area: "gateways",
    title: "No other gateway exposes a service, and no object changes a gateway unseen",
    severity: "high",
    why: "a Route or an HTTPProxy leads to a service without the tokens, limits and log of the mesh's gateway, and a ListenerSet opens a port that no policy reads",
    remedy: "Expose the service by an Istio Gateway and a VirtualService, or by listeners in a Gateway's own object.",
    judges: [...OTHER_GATEWAYS.map((group) => `${group}/*`), ...Object.keys(UNREAD)],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: route.openshift.io/v1
kind: Route
metadata: { name: carts, namespace: shop }
spec: { host: carts.example.com, to: { kind: Service, name: carts } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: plain, namespace: shop }
spec: { parentRef: { name: public }, listeners: [{ name: http, port: 80, protocol: HTTP }] }
`,
        accepted: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: carts, namespace: shop }
spec: { parentRefs: [{ name: public }], rules: [{ backendRefs: [{ name: carts, port: 8080 }] }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        yield {
            subject,
            wrong: `it ${UNREAD[subject.id] ?? "is of another gateway, which leads past the mesh's gateways"}`,
            fix: "expose the service by a Gateway and a VirtualService, or list the object under this policy's exceptions with a reason and an end date.",
        };
    },
});
