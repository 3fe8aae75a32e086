/** Another team's program: a shop in a mesh, as many tutorials write it. */
import * as k8s from "@pulumi/kubernetes";

const system = new k8s.core.v1.Namespace("istio-system", { metadata: { name: "istio-system" } });
const istiod = new k8s.helm.v3.Release(
    "istiod",
    {
        chart: "istiod",
        version: "1.24.0",
        namespace: "istio-system",
        repositoryOpts: { repo: "https://istio-release.storage.googleapis.com/charts" },
        values: { meshConfig: { accessLogFile: "/dev/stdout" } },
    },
    { dependsOn: system },
);

const shop = new k8s.core.v1.Namespace("shop", {
    metadata: { name: "shop", labels: { "istio-injection": "enabled" } },
});
const inShop = { dependsOn: [istiod, shop] };
const labels = { app: "carts" };

new k8s.apps.v1.Deployment(
    "carts",
    {
        metadata: { name: "carts", namespace: "shop" },
        spec: {
            selector: { matchLabels: labels },
            template: {
                metadata: {
                    labels,
                    annotations: { "traffic.sidecar.istio.io/excludeOutboundPorts": "5432" },
                },
                spec: {
                    containers: [{ name: "carts", image: "shop/carts", ports: [{ containerPort: 8080 }] }],
                },
            },
        },
    },
    inShop,
);
new k8s.core.v1.Service(
    "carts",
    {
        metadata: { name: "carts", namespace: "shop" },
        spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
    },
    inShop,
);
new k8s.apiextensions.CustomResource(
    "gateway",
    {
        apiVersion: "networking.istio.io/v1beta1",
        kind: "Gateway",
        metadata: { name: "shop", namespace: "shop" },
        spec: {
            selector: { istio: "ingressgateway" },
            servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
        },
    },
    inShop,
);
new k8s.apiextensions.CustomResource(
    "allow",
    {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: { name: "carts", namespace: "shop" },
        spec: {
            selector: { matchLabels: labels },
            rules: [{ from: [{ source: { namespaces: ["shop"] } }] }],
        },
    },
    inShop,
);
