/** Edits of objects that other policies evaluate only by kind: the profile closed lists the content of each. */
import { type Mutation } from "../mutations/model";
import { edit, find, type Stack } from "./edits";

const of =
    (kind: string, key: string, change: Readonly<Record<string, unknown>>) =>
    (stack: Stack): Mutation =>
        edit(find(stack, kind, key), change);

/** One edit of each kind that names, routes, certifies, runs or rolls out; closed-objects rejects it. */
export const LISTED_OBJECTS: Readonly<Record<string, (stack: Stack) => Mutation>> = {
    "an additional caller at the egress gateway": of(
        "AuthorizationPolicy",
        "istio-egress/payment-from-billing",
        {
            "spec.rules.0.from.0.source.principals.1": "cluster.local/ns/sparc/sa/reports",
        },
    ),
    "deny-all read by another revision": of("AuthorizationPolicy", "sparc/deny-all", {
        "metadata.labels": { "istio.io/rev": "other" },
    }),
    "a Sidecar read by another revision": of("Sidecar", "sparc/default", {
        "metadata.labels": { "istio.io/rev": "other" },
    }),
    "a path rewritten to another tenant's": of("VirtualService", "sparc/public-api", {
        "spec.http.1.rewrite": { uri: "/v1/tenants/globex" },
    }),
    "a subset of other pods": of("DestinationRule", "sparc/alerts", {
        "spec.subsets.0.labels": { "sparc.dev/service": "reports" },
    }),
    "a gateway's key from elsewhere": of("Gateway", "istio-ingress/public", {
        "spec.servers.0.tls.credentialName": "kubernetes-gateway://istio-system/mesh-intermediate",
    }),
    "names of the attacker's accepted for an external host": of(
        "ServiceEntry",
        "istio-egress/api.stripe.com",
        { "spec.subjectAltNames": ["*.attacker.example.net"] },
    ),
    "a NetworkPolicy of other pods": of("NetworkPolicy", "istio-system/istiod", {
        "spec.podSelector.matchLabels": { app: "x" },
    }),
    "a Service of all pods": of("Service", "sparc/alerts", {
        "spec.selector": { "app.kubernetes.io/part-of": "sparc" },
    }),
    "a Service that a controller publishes": of("Service", "sparc/admin-console", {
        "metadata.annotations": { "tailscale.com/expose": "true" },
    }),
    "an account with an IAM role": of("ServiceAccount", "sparc/reports", {
        "metadata.annotations": { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/admin" },
    }),
    "a namespace on another network": of("Namespace", "sparc", {
        "metadata.labels": { "istio.io/rev": "stable", "topology.istio.io/network": "other" },
    }),
    "another image": of("Deployment", "istio-ingress/ratelimit", {
        "spec.template.spec.containers.0.image": "registry.attacker.example.net/ratelimit:1",
    }),
    "a rollout that runs a command": of("Canary", "sparc/alerts", {
        "spec.analysis.webhooks": [{ name: "x", url: "http://loadtester.flagger-system/" }],
    }),
    "a rollout's metric that never fails": of("MetricTemplate", "sparc/errors-of-callers", {
        "spec.query": "0 * sum(rate(istio_requests_total[1m]))",
    }),
    "the mesh's intermediate of another issuer": of("Certificate", "istio-system/mesh-intermediate", {
        "spec.issuerRef": { kind: "ClusterIssuer", name: "attacker" },
    }),
    "another ACME server": of("ClusterIssuer", "edge-acme", {
        "spec.acme.server": "https://acme.attacker.example.net",
    }),
    "another certificate authority": of("AWSPCAIssuer", "istio-system/mesh-root-5f0e1d2c", {
        "spec.arn": "arn:aws:acm-pca:eu-central-1:999999999999:certificate-authority/x",
    }),
};
