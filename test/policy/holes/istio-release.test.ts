/** Images and defaults that differ from the Istio release's, in charts and operators. */
import { itAccepts, itRejects } from "./assertions";

const release = (chart: string, values: object): string =>
    JSON.stringify({
        type: "kubernetes:helm.sh/v3:Release",
        name: chart,
        properties: {
            name: chart,
            namespace: "istio-system",
            chart: `oci://ghcr.io/istio/release/charts/${chart}`,
            values,
        },
    });
const operated = (apiVersion: string, kind: string, spec: object): string =>
    JSON.stringify({ apiVersion, kind, metadata: { name: "mesh", namespace: "istio-system" }, spec });
const operator = (spec: object): string => operated("install.istio.io/v1alpha1", "IstioOperator", spec);
const sail = (kind: string, spec: object): string => operated("sailoperator.io/v1", kind, spec);

const HUB = "registry.example.net/istio";

describe("Istio's release", () => {
    itRejects("identity-istio-release", [
        {
            what: "istiod's profile below global",
            yaml: release("istiod", { global: { profile: "demo" } }),
            names: /values\.global\.profile is "demo"/,
        },
        {
            what: "another profile of istio-cni",
            yaml: release("cni", { profile: "preview" }),
            names: /values\.profile is "preview"/,
        },
        {
            what: "an older version of ztunnel's behavior",
            yaml: release("ztunnel", { compatibilityVersion: "1.28" }),
            names: /values\.compatibilityVersion is "1\.28"/,
        },
        {
            what: "ztunnel's image below global, which its chart flattens",
            yaml: release("ztunnel", { global: { image: `${HUB}/ztunnel:1` } }),
            names: /values\.global\.image/,
        },
        {
            what: "the image of agentgateway",
            yaml: release("istiod", { global: { agentgateway: { image: `${HUB}/agentgateway:1` } } }),
            names: /values\.global\.agentgateway\.image/,
        },
        {
            what: "an IstioOperator's profile",
            yaml: operator({ profile: "demo" }),
            names: /spec\.profile is "demo"/,
        },
        {
            what: "an IstioOperator's older version",
            yaml: operator({ compatibilityVersion: "1.28" }),
            names: /spec\.compatibilityVersion is "1\.28"/,
        },
        {
            what: "an IstioOperator's charts of another place",
            yaml: operator({ installPackagePath: "/tmp/charts" }),
            names: /spec\.installPackagePath/,
        },
        {
            what: "the registry of a component",
            yaml: operator({ components: { pilot: { hub: HUB } } }),
            names: /spec\.components\.pilot\.hub/,
        },
        {
            what: "the registry of a gateway",
            yaml: operator({ components: { ingressGateways: [{ name: "in" }, { name: "out", hub: HUB }] } }),
            names: /spec\.components\.ingressGateways\[1\]\.hub/,
        },
        {
            what: "ztunnel's image in an IstioOperator's values",
            yaml: operator({ values: { ztunnel: { image: `${HUB}/ztunnel:1` } } }),
            names: /spec\.values\.ztunnel\.image/,
        },
        { what: "Sail's profile", yaml: sail("Istio", { profile: "preview" }), names: /spec\.profile/ },
        {
            what: "Sail's istio-cni of another registry",
            yaml: sail("IstioCNI", { values: { cni: { hub: HUB } } }),
            names: /spec\.values\.cni\.hub/,
        },
        {
            what: "Sail's ztunnel of another registry",
            yaml: sail("ZTunnel", { values: { ztunnel: { hub: HUB } } }),
            names: /spec\.values\.ztunnel\.hub/,
        },
    ]);
    itAccepts("identity-istio-release", [
        {
            what: "profiles of platforms, and Istio's images",
            yaml: [
                release("istiod", { global: { profile: "ambient", hub: "docker.io/istio" } }),
                release("cni", { profile: "ambient" }),
                release("ztunnel", { global: { image: "ztunnel" } }),
                operator({
                    profile: "minimal",
                    hub: "docker.io/istio",
                    components: { pilot: { enabled: true }, ingressGateways: [{ name: "in" }] },
                }),
                sail("Istio", { profile: "openshift" }),
                sail("IstioCNI", { values: { cni: { hub: "registry.istio.io/release" } } }),
            ].join("\n---\n"),
        },
        {
            what: "a chart of another project that has a profile",
            yaml: release("grafana", { profile: "demo", global: { image: `${HUB}/grafana:1` } }),
        },
        {
            what: "a listed profile",
            yaml: operator({ profile: "demo" }),
            config: {
                defaults: [{ value: "demo", reason: "a demo cluster", until: "2099-01-01" }],
            },
        },
    ]);
});
