import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Kinds that lead to a Service from elsewhere than a gateway, with what each does. */
const KINDS: Readonly<Record<string, string>> = {
    "application-networking.k8s.aws/ServiceExport": "VPC Lattice leads clients to its pods",
    "application-networking.k8s.aws/TargetGroupPolicy": "VPC Lattice leads clients to its pods",
    "multicluster.x-k8s.io/ServiceExport": "it becomes a Service of other clusters",
    "multicluster.x-k8s.io/ServiceImport": "a Service of other clusters answers under its name",
    "net.gke.io/ServiceExport": "it becomes a Service of other clusters",
    "networking.gke.io/ServiceNetworkEndpointGroup": "Google's load balancers lead clients to its pods",
    "serving.knative.dev/DomainMapping": "Knative leads clients to it",
    "zalando.org/RouteGroup": "Skipper leads clients to it",
};

const REFERENCE_GRANT = "gateway.networking.k8s.io/ReferenceGrant";

/** Annotations by which other controllers take a Service's pods for clients outside. */
const ANNOTATIONS =
    /^(cloud\.google\.com\/neg|getambassador\.io\/config|io\.cilium\/global-service|service\.cilium\.io\/global|k8s\.ngrok\.com\/.+|tailscale\.com\/(expose|funnel|hostname)|mirror\.linkerd\.io\/exported)$/;

export const noSideEntries = objectRule<WithExceptions>({
    name: "gateways-no-side-entries",
    area: "gateways",
    title: "No other cluster or controller takes a Service of the mesh for its own",
    severity: "high",
    why: "what another router, cluster or policy leads in passes none of the gateways' tokens, limits and log",
    remedy: "Expose the Service by a Gateway and a VirtualService, or list the object with a reason.",
    judges: [...Object.keys(KINDS), REFERENCE_GRANT, "core/Service"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: { name: carts, namespace: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, annotations: { tailscale.com/expose: "true" } }
spec: { selector: { app: web }, ports: [{ name: http, port: 8080 }] }
`,
        accepted: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop, annotations: { prometheus.io/scrape: "true" } }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        const wrong = wrongOf(subject);
        if (wrong === undefined) return;
        yield {
            subject,
            wrong,
            fix: "remove it, and expose the Service by a Gateway; or list it under this policy's exceptions.",
        };
    },
});

function wrongOf(subject: Subject): string | undefined {
    const { id, spec, annotations } = subject;
    if (id === "core/Service") {
        const name = Object.keys(annotations).find(
            (one) => ANNOTATIONS.test(one) && annotations[one] !== "false",
        );
        return name === undefined
            ? undefined
            : `metadata.annotations has ${name}, by which another controller leads to its pods`;
    }
    if (id === REFERENCE_GRANT) {
        const secrets = list(spec["to"]).some(
            (to) => textAt(to, "kind") === "Secret" && !says(at(to, "name")),
        );
        return secrets ? "spec.to has every Secret of its namespace, for Gateways of another" : undefined;
    }
    return `it leads to the Service of its name, or answers for it: ${KINDS[id] ?? ""}`;
}
