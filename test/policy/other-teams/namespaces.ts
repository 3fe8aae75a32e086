/** A minimal violation: it needs no chart, so a preview needs no network. */
import * as k8s from "@pulumi/kubernetes";

// Without a cluster, a preview renders the objects instead of querying the API server.
const provider = new k8s.Provider("nowhere", { renderYamlToDirectory: "rendered" });

new k8s.core.v1.Namespace(
    "shop",
    { metadata: { name: "shop", labels: { "istio-injection": "enabled" } } },
    { provider },
);
new k8s.apiextensions.CustomResource(
    "mtls",
    {
        apiVersion: "security.istio.io/v1beta1",
        kind: "PeerAuthentication",
        metadata: { name: "default", namespace: "shop" },
        spec: { mtls: { mode: "PERMISSIVE" } },
    },
    { provider },
);
