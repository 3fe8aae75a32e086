import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Kinds that expose a Service without a gateway, with their effect. */
const KINDS: Readonly<Record<string, string>> = {
    "application-networking.k8s.aws/ServiceExport": "VPC Lattice routes clients to its pods",
    "application-networking.k8s.aws/TargetGroupPolicy": "VPC Lattice routes clients to its pods",
    "multicluster.x-k8s.io/ServiceExport": "it becomes a Service in other clusters",
    "multicluster.x-k8s.io/ServiceImport": "a Service of other clusters receives its requests",
    "net.gke.io/ServiceExport": "it becomes a Service in other clusters",
    "networking.gke.io/ServiceNetworkEndpointGroup": "Google's load balancers route clients to its pods",
    "serving.knative.dev/DomainMapping": "Knative routes clients to it",
    "zalando.org/RouteGroup": "Skipper routes clients to it",
};

const REFERENCE_GRANT = "gateway.networking.k8s.io/ReferenceGrant";

/** Annotations with which other controllers route external clients to a Service's pods. */
const ANNOTATIONS =
    /^(cloud\.google\.com\/neg|getambassador\.io\/config|io\.cilium\/global-service|service\.cilium\.io\/global|k8s\.ngrok\.com\/.+|tailscale\.com\/(expose|funnel|hostname)|mirror\.linkerd\.io\/exported)$/;

export const noServiceExport = objectRule<WithExceptions>({
    name: "gateways-no-service-export",
    area: "gateways",
    title: "No Service of the mesh is exposed to other clusters or by other controllers",
    severity: "high",
    why: "traffic from another cluster or controller bypasses the gateways' authentication, rate limits and access log",
    remediation: "Expose the Service with a Gateway and a VirtualService, or list the object with a reason.",
    appliesTo: [...Object.keys(KINDS), REFERENCE_GRANT, "core/Service"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: { name: carts, namespace: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, annotations: { tailscale.com/expose: "true" } }
spec: { selector: { app: web }, ports: [{ name: http, port: 8080 }] }
`,
        compliant: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop, annotations: { prometheus.io/scrape: "true" } }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        const problem = problemOf(subject);
        if (problem === undefined) return;
        yield {
            subject,
            problem,
            fix: "remove it, and expose the Service with a Gateway; or add it to this policy's exceptions.",
        };
    },
});

function problemOf(subject: Subject): string | undefined {
    const { id, spec, annotations } = subject;
    if (id === "core/Service") {
        const name = Object.keys(annotations).find(
            (one) => ANNOTATIONS.test(one) && annotations[one] !== "false",
        );
        return name === undefined
            ? undefined
            : `metadata.annotations has ${name}, with which another controller routes to its pods`;
    }
    if (id === REFERENCE_GRANT) {
        const secrets = list(spec["to"]).some(
            (to) => textAt(to, "kind") === "Secret" && !isNonEmpty(at(to, "name")),
        );
        return secrets
            ? "spec.to allows Gateways of another namespace to use every Secret of this one"
            : undefined;
    }
    return `it exposes or replaces the Service of the same name: ${KINDS[id] ?? ""}`;
}
