import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { fields, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** API groups of other gateways and ingress controllers: all their kinds bypass the mesh's gateways. */
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

/** Gateway API kinds that change a gateway or its clients in ways that the other policies do not evaluate. */
const GATEWAY_MODIFIERS: Readonly<Record<string, string>> = {
    "gateway.networking.k8s.io/ListenerSet":
        "adds listeners to a gateway that are not in the gateway's object",
    "gateway.networking.x-k8s.io/XListenerSet":
        "adds listeners to a gateway that are not in the gateway's object",
    "gateway.networking.k8s.io/BackendTLSPolicy":
        "makes clients of a Service use separate TLS instead of mutual TLS, without their identity",
    "gateway.networking.x-k8s.io/XBackendTrafficPolicy": "changes how clients reach a Service",
    "gateway.networking.x-k8s.io/XMesh": "changes the mesh",
};

const CONFIG_MAP = "core/ConfigMap";
const KUBERNETES_GATEWAY = "gateway.networking.k8s.io/Gateway";

/** A ConfigMap with this label changes the Deployment and Service of every Gateway of a class (istio.io, "Gateway API"). */
const CLASS_DEFAULTS = "gateway.istio.io/defaults-for-class";

/** Keys of such a ConfigMap that change no pod and expose nothing. */
const HARMLESS_DEFAULTS: ReadonlySet<string> = new Set(["horizontalPodAutoscaler", "podDisruptionBudget"]);

export const noOtherControllers = objectRule<WithExceptions>({
    name: "gateways-no-other-controllers",
    area: "gateways",
    title: "No other ingress controller exposes a service, and no separate object changes a gateway",
    severity: "high",
    why: "a Route or an HTTPProxy bypasses the authentication, rate limits and access log of the mesh's gateway, and a ListenerSet opens ports that no policy evaluates",
    remediation:
        "Expose the service with an Istio Gateway and a VirtualService, or with listeners in the Gateway's object.",
    appliesTo: [
        ...OTHER_GATEWAYS.map((group) => `${group}/*`),
        ...Object.keys(GATEWAY_MODIFIERS),
        CONFIG_MAP,
        KUBERNETES_GATEWAY,
    ],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
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
        compliant: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: carts, namespace: shop }
spec: { parentRefs: [{ name: public }], rules: [{ backendRefs: [{ name: carts, port: 8080 }] }] }
`,
    },
    *evaluate(subject, config) {
        const effect = effectOf(subject);
        if (effect === undefined || isExcepted(config, subject)) return;
        yield {
            subject,
            problem: `it ${effect}`,
            fix: "expose the service with a Gateway and a VirtualService, or add the object to this policy's exceptions with a reason and an end date.",
        };
    },
});

function effectOf({ id, spec, labels, props }: Subject): string | undefined {
    if (id === CONFIG_MAP) {
        const key = Object.keys(fields(props["data"])).find((one) => !HARMLESS_DEFAULTS.has(one));
        return labels[CLASS_DEFAULTS] === undefined || key === undefined
            ? undefined
            : `changes the ${key} of every Gateway of the class ${labels[CLASS_DEFAULTS]}, which no policy evaluates`;
    }
    if (id === KUBERNETES_GATEWAY) {
        const name = textAt(spec, "infrastructure", "parametersRef", "name");
        return name === undefined
            ? undefined
            : `takes its Deployment and Service from ${name} (spec.infrastructure.parametersRef), which no policy evaluates`;
    }
    return (
        GATEWAY_MODIFIERS[id] ?? "belongs to another ingress controller, which bypasses the mesh's gateways"
    );
}
