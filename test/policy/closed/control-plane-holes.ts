/** Openings by istiod's values, rejected with both profiles. */
import { CONTROL, dryRun, mesh, values, variable, type Make } from "./makers";

const RELEASE = "identity-istio-release";

/** Rejected with both profiles, by the named policy. */
export const CONTROL_PLANE_HOLES: Readonly<Record<string, readonly [policy: string, make: Make]>> = {
    "A01 dry run by True": ["access-no-dry-run", dryRun("sparc/deny-all", "True")],
    "A02 dry run by 1": ["access-no-dry-run", dryRun("istio-system/deny-all", "1")],
    "A02 dry run by t": ["access-no-dry-run", dryRun("istio-system/deny-all", "t")],
    "B01 trusted node accounts": [CONTROL, variable("CA_TRUSTED_NODE_ACCOUNTS", "sparc/reports")],
    "B02 trusted gateway network": [CONTROL, variable("TRUSTED_GATEWAY_CIDR", "10.0.0.0/8")],
    "B04 injection off": [CONTROL, variable("INJECT_ENABLED", "False")],
    "B05 another signer": [CONTROL, variable("EXTERNAL_CA", "ISTIOD_RA_KUBERNETES_API")],
    "B06 identities of ten years": [CONTROL, variable("MAX_WORKLOAD_CERT_TTL", "87600h")],
    "policies of other namespaces unseen": [CONTROL, variable("ISTIO_WATCH_NAMESPACE", "sparc")],
    "kinds ignored": [CONTROL, variable("PILOT_IGNORE_RESOURCES", "security.istio.io")],
    "a second ConfigMap of the mesh": [CONTROL, variable("SHARED_MESH_CONFIG", "other")],
    "debug endpoints for all": [CONTROL, variable("ENABLE_DEBUG_ENDPOINT_AUTH", "0")],
    "B11 X-Forwarded-For trusted": [CONTROL, mesh("defaultConfig.gatewayTopology", { numTrustedProxies: 1 })],
    "B12 XFCC of clients forwarded": [
        CONTROL,
        mesh("defaultConfig.gatewayTopology", { forwardClientCertDetails: "ALWAYS_FORWARD_ONLY" }),
    ],
    "B12 by number": [CONTROL, mesh("defaultConfig.gatewayTopology", { forward_client_cert_details: 5 })],
    "B12 by the proxy's headers": [
        CONTROL,
        mesh("defaultConfig.proxyHeaders", { forwardedClientCert: "FORWARD_ONLY" }),
    ],
    "B13 credentials to a log": [
        CONTROL,
        mesh("extensionProviders", [
            {
                name: "x",
                envoyHttpAls: { service: "l.example.net", additionalRequestHeadersToLog: ["Authorization"] },
            },
        ]),
    ],
    "B14 authorizer that fails open": [
        CONTROL,
        mesh("extensionProviders", [{ name: "x", envoy_ext_authz_http: { fail_open: true } }]),
    ],
    "B17 profile": [RELEASE, values({ "values.profile": "demo" })],
    "B18 compatibility": [RELEASE, values({ "values.compatibilityVersion": "1.20" })],
    "B23 images of another registry": [
        RELEASE,
        values({ "values.global.hub": "registry.attacker.example.net/istio" }),
    ],
    "B23 a registry whose name begins like Istio's": [
        RELEASE,
        values({ "values.global.hub": "docker.io/istio-mirror" }),
    ],
    "B24 istiod's image": [RELEASE, values({ "values.image": "registry.attacker.example.net/pilot:1.31.1" })],
    "B24 the proxy's image": [
        RELEASE,
        values({ "values.global.proxy.image": "registry.attacker.example.net/proxyv2:1.31.1" }),
    ],
    "injection by another server": [
        CONTROL,
        values({ "values.istiodRemote": { injectionURL: "https://inject.attacker.example.net/" } }),
    ],
    "validation by another server": [
        CONTROL,
        values({ "values.base.validationURL": "https://v.attacker.example.net/" }),
    ],
    "a namespace of services trusted as ztunnel's": [
        CONTROL,
        values({ "values.trustedZtunnelNamespace": "sparc" }),
    ],
    "B19 validation off": [CONTROL, values({ "values.global.configValidation": false })],
    "B21 alias of sidecar": [
        CONTROL,
        values({ "values.sidecarInjectorWebhook": { aliases: { sidecar: ["x"] } } }),
    ],
    "B22 lifecycle of proxies": [CONTROL, values({ "values.global.proxy.lifecycle": { postStart: {} } })],
    "B25 proxies' variables": [
        CONTROL,
        mesh("defaultConfig.proxyMetadata", { ISTIO_META_UNPRIVILEGED_POD: "true" }),
    ],
    "B26 another control plane": [
        CONTROL,
        mesh("defaultConfig.discoveryAddress", "istiod.attacker.example.net:15012"),
    ],
    "B26 in snake case": [
        CONTROL,
        mesh("defaultConfig.discovery_address", "istiod.attacker.example.net:15012"),
    ],
    "B28 chart by digest": [
        "egress-registry-only",
        values({
            chart: "oci://ghcr.io/istio/release/charts/istiod@sha256:aa",
            "values.meshConfig.outboundTrafficPolicy.mode": "ALLOW_ANY",
        }),
    ],
    "B29 umbrella chart": [
        "egress-registry-only",
        values({
            chart: "oci://registry.example.com/platform/mesh",
            values: {
                platform: {
                    istiod: { env: {}, meshConfig: { outboundTrafficPolicy: { mode: "ALLOW_ANY" } } },
                },
            },
        }),
    ],
    "B29 umbrella chart, variables alone": [
        CONTROL,
        values({ chart: "./mesh", values: { cp: { pilot: { env: { XDS_AUTH: "f" } } } } }),
    ],
};
