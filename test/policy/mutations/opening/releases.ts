/** Values of the control plane's and the gateways' charts. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, meta, type Mutation, type Props } from "../model";
import { set } from "./edit";

/** istiod's values that widen access. */
const OPEN_SWITCHES: readonly (readonly [string, unknown])[] = [
    ["meshConfig.trustDomainAliases", ["old.example.com"]],
    ["meshConfig.caCertificates", [{ pem: "-----BEGIN CERTIFICATE-----" }]],
    ["meshConfig.discoverySelectors", [{ matchLabels: { team: "video" } }]],
    ["meshConfig.pathNormalization", { normalization: "NONE" }],
    ["meshConfig.defaultConfig.interceptionMode", "NONE"],
    ["sidecarInjectorWebhook.neverInjectSelector", [{ matchLabels: { app: "x" } }]],
    ["sidecarInjectorWebhook.defaultTemplates", ["none"]],
    ["sidecarInjectorWebhook.templates", { none: "spec: {}" }],
    [
        "sidecarInjectorWebhook.injectedAnnotations",
        { "traffic.sidecar.istio.io/excludeInboundPorts": "9090" },
    ],
    ["global.proxy.autoInject", "disabled"],
    ["global.operatorManageWebhooks", true],
    ["global.omitSidecarInjectorConfigMap", true],
    ["pilot.env.JWKS_RESOLVER_INSECURE_SKIP_VERIFY", "true"],
    ["pilot.env.PILOT_SKIP_VALIDATE_TRUST_DOMAIN", "true"],
    ["env.PILOT_ENABLE_XDS_IDENTITY_CHECK", "false"],
    ["env.XDS_AUTH", "0"],
    ["env.PILOT_HTTP10", "true"],
    ["meshConfig.defaultConfig.proxyMetadata.ISTIO_META_HTTP10", "1"],
    ["meshConfig.ca.address", "ca.example.com:443"],
    ["global.caAddress", "ca.example.com:443"],
    ["global.proxy.image", "registry.example.com/proxy:1"],
    ["global.proxy.includeIPRanges", ""],
    ["_internal_defaults_do_not_set", { meshConfig: { enableAutoMtls: false } }],
    ["env.UNSAFE_ENABLE_ADMIN_ENDPOINTS", "true"],
    ["global.hub", "registry.example.com/istio"],
    ["image", "registry.example.com/pilot:1"],
    ["profile", "demo"],
    ["compatibilityVersion", "1.20"],
];

export function ofReleases(resource: EvaluatedResource): Mutation[] {
    if (resource.type !== "kubernetes:helm.sh/v3:Release") return [];
    const { name } = meta(resource);
    const change = (kind: string, path: string, value: unknown): Mutation =>
        changed(kind, resource, set(path, value));
    if (name.includes("gateway")) {
        const annotations = [
            "traffic.sidecar.istio.io/excludeInboundPorts",
            "traffic.sidecar.istio.io/excludeOutboundIPRanges",
            "proxy.istio.io/overrides",
        ];
        return annotations.map((annotation) =>
            changed("gateway release: injection disabled by an annotation", resource, (properties) => {
                const values = properties["values"] as Props;
                values["podAnnotations"] = {
                    ...(values["podAnnotations"] as object | undefined),
                    [annotation]: "10.0.0.0/8",
                };
            }),
        );
    }
    if (!name.startsWith("istiod")) return [];
    const mesh = "values.meshConfig";
    return [
        change("mesh: ALLOW_ANY", `${mesh}.outboundTrafficPolicy.mode`, "ALLOW_ANY"),
        change("mesh: outbound policy dropped", `${mesh}.outboundTrafficPolicy`, undefined),
        change("mesh: TLS minimum dropped", `${mesh}.meshMTLS`, undefined),
        change("mesh: TLS minimum to the default", `${mesh}.meshMTLS.minProtocolVersion`, "TLS_AUTO"),
        change("mesh: auto mTLS off", `${mesh}.enableAutoMtls`, false),
        change("mesh: default retries dropped", `${mesh}.defaultHttpRetryPolicy`, undefined),
        change("mesh: default retries", `${mesh}.defaultHttpRetryPolicy.attempts`, 2),
        change("mesh: configuration dropped", mesh, undefined),
        change(
            "mesh: external certificates not verified",
            "values.env.VERIFY_CERTIFICATE_AT_CLIENT",
            "false",
        ),
        ...OPEN_SWITCHES.map(([path, value]) => change(`control plane: ${path}`, `values.${path}`, value)),
        change("control plane: values from a file", "valueYamlFiles", [{ path: "values.yaml" }]),
        change("control plane: changed after rendering", "postrender", "./edit.sh"),
        ...["excludeIPRanges", "excludeInboundPorts", "excludeOutboundPorts"].map((field) =>
            change(`mesh: ${field} for every pod`, `values.global.proxy.${field}`, "10.0.0.0/8"),
        ),
        change("mesh: includeIPRanges narrowed", "values.global.proxy.includeIPRanges", "10.0.0.0/8"),
        change("mesh: privileged proxies", "values.global.proxy.privileged", true),
    ];
}
