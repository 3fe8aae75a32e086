/** Kinds of other gateways, CRDs of the mesh's kinds, manual endpoints (D22–D26, B43, F20). */
import assert from "node:assert/strict";
import { RULES } from "../../../policy/rules";
import { itAccepts, violationMessages, itRejects } from "./assertions";

const kind = (apiVersion: string, name: string, spec = "{}"): string =>
    `{ apiVersion: ${apiVersion}, kind: ${name}, metadata: { name: x, namespace: shop }, spec: ${spec} }`;
const crd = (group: string, versions: string, more = ""): string =>
    `{ apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: { name: x.${group} }, spec: { group: ${group}, versions: [${versions}]${more} } }`;
const V1 =
    "{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }";

/** Names of the policies that reject it. */
const refusing = (yaml: string): readonly string[] =>
    RULES.map(({ name }) => name).filter((name) => violationMessages(name, yaml).length > 0);

describe("other gateways", () => {
    itRejects("gateways-no-other-controllers", [
        { what: "OpenShift's Route", yaml: kind("route.openshift.io/v1", "Route") },
        { what: "Contour's HTTPProxy", yaml: kind("projectcontour.io/v1", "HTTPProxy") },
        { what: "Traefik's IngressRoute", yaml: kind("traefik.io/v1alpha1", "IngressRoute") },
        {
            what: "Traefik's IngressRouteTCP of its older group",
            yaml: kind("traefik.containo.us/v1alpha1", "IngressRouteTCP"),
        },
        { what: "NGINX' VirtualServer", yaml: kind("k8s.nginx.org/v1", "VirtualServer") },
        { what: "Kong's TCPIngress", yaml: kind("configuration.konghq.com/v1beta1", "TCPIngress") },
        { what: "Ambassador's Mapping", yaml: kind("getambassador.io/v3alpha1", "Mapping") },
        { what: "an unknown kind", yaml: kind("projectcontour.io/v9", "Tomorrow") },
        { what: "a ListenerSet", yaml: kind("gateway.networking.k8s.io/v1", "ListenerSet") },
        {
            what: "an experimental ListenerSet",
            yaml: kind("gateway.networking.x-k8s.io/v1alpha1", "XListenerSet"),
        },
        {
            what: "a BackendTLSPolicy in an older version",
            yaml: kind("gateway.networking.k8s.io/v1alpha3", "BackendTLSPolicy"),
        },
    ]);
    itRejects("egress-no-external-endpoints", [
        {
            what: "manual Endpoints",
            yaml: "{ apiVersion: v1, kind: Endpoints, metadata: { name: auth, namespace: shop }, subsets: [] }",
        },
        { what: "a manual EndpointSlice", yaml: kind("discovery.k8s.io/v1", "EndpointSlice") },
        {
            what: "a manual EndpointSlice with an unknown field",
            yaml: "{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: auth, namespace: shop }, spec: { a: b }, endpoints: [{ addresses: [203.0.113.7] }] }",
        },
    ]);
    it("each violate exactly one policy", () => {
        const slice = kind("discovery.k8s.io/v1", "EndpointSlice");
        const exported = kind("multicluster.x-k8s.io/v1alpha1", "ServiceExport");
        assert.deepEqual(refusing(slice), ["egress-no-external-endpoints"]);
        assert.deepEqual(refusing(exported), ["gateways-no-service-export"]);
    });
});

describe("CRDs of the mesh's kinds", () => {
    itRejects("extensions-crds", [
        { what: "no versions", yaml: crd("security.istio.io", "") },
        {
            what: "a version that is not served",
            yaml: crd("security.istio.io", "{ name: v1, served: false, storage: true }"),
        },
        {
            what: "one of two that is not served",
            yaml: crd("security.istio.io", `${V1}, { name: v1beta1, served: false }`),
        },
        {
            what: "a schema without a spec",
            yaml: crd(
                "networking.istio.io",
                "{ name: v1, served: true, schema: { openAPIV3Schema: { type: object } } }",
            ),
        },
        {
            what: "a schema with an empty spec",
            yaml: crd(
                "gateway.networking.k8s.io",
                "{ name: v1, served: true, schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object } } } } }",
            ),
        },
        {
            what: "a conversion by a webhook",
            yaml: crd("security.istio.io", V1, ", conversion: { strategy: Webhook }"),
        },
        {
            what: "an API group served by another server",
            yaml: "{ apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: { name: v1.security.istio.io }, spec: { group: security.istio.io, service: { name: mine, namespace: shop } } }",
        },
    ]);
    itAccepts("extensions-crds", [
        { what: "an unchanged CRD", yaml: crd("security.istio.io", V1) },
        {
            what: "a removed alpha version",
            yaml: crd("gateway.networking.k8s.io", `${V1}, { name: v1alpha2, served: false }`),
        },
        { what: "another project's CRD", yaml: crd("shop.example.com", "") },
        {
            what: "the metrics API",
            yaml: "{ apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: { name: v1beta1.metrics.k8s.io }, spec: { group: metrics.k8s.io, service: { name: metrics-server, namespace: kube-system } } }",
        },
    ]);
});
