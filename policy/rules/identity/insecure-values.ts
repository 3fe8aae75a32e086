/** Insecure values of MeshConfig and of istiod's chart. */
import { at, fields, list, isNonEmpty, textAt, texts } from "../../core/read";
import {
    hasCredentials,
    isFalse,
    isText,
    isTrue,
    INSECURE_PROXY_SETTINGS,
    type InsecureSetting,
} from "../../core/insecure-settings";

export const INSECURE_MESH_CONFIG: readonly InsecureSetting[] = [
    {
        path: "trustDomainAliases",
        isInsecure: isNonEmpty,
        effect: "workloads of other trust domains are accepted as identities of this one",
    },
    {
        path: "caCertificates",
        isInsecure: isNonEmpty,
        effect: "identities that are signed by those roots are accepted in this mesh",
    },
    { path: "ca.address", isInsecure: isNonEmpty, effect: "a CA other than istiod issues identities" },
    {
        path: "discoverySelectors",
        isInsecure: isNonEmpty,
        effect: "istiod ignores policies in namespaces that are not selected",
    },
    {
        path: "configSources",
        isInsecure: (value) =>
            list(value).some((source) => !(textAt(source, "address") ?? "").startsWith("k8s:")),
        effect: "istiod reads policies and routes from a source that no policy can check",
    },
    {
        path: "pathNormalization.normalization",
        isInsecure: isText("none"),
        effect: "/a/../admin matches a rule for /a",
    },
    {
        path: "extensionProviders",
        isInsecure: (value) => list(value).some(failsOpen),
        effect: "requests are allowed while an external authorizer is unavailable, or even if it denies them",
    },
    {
        path: "extensionProviders",
        isInsecure: (value) => list(value).some(sendsCredentials),
        effect: "an access log or an external authorizer receives the credentials of every request",
    },
    ...INSECURE_PROXY_SETTINGS.map((one) => ({ ...one, path: `defaultConfig.${one.path}` })),
];

function failsOpen(provider: unknown): boolean {
    return ["envoyExtAuthzHttp", "envoyExtAuthzGrpc"].some(
        (kind) =>
            isTrue(at(provider, kind, "failOpen") ?? false) ||
            /^(2\d\d|ok)$/i.test(textAt(provider, kind, "statusOnError") ?? ""),
    );
}

/** gRPC access logs list the headers to log by name. */
function sendsCredentials(provider: unknown): boolean {
    return Object.values(fields(provider)).some((settings) =>
        [
            "additionalRequestHeadersToLog",
            "additionalResponseHeadersToLog",
            "additionalResponseTrailersToLog",
        ].some((field) => hasCredentials(at(settings, field))),
    );
}

export const INSECURE_CHART_VALUES: readonly InsecureSetting[] = [
    {
        path: "sidecarInjectorWebhook.neverInjectSelector",
        isInsecure: isNonEmpty,
        effect: "pods that it selects get no sidecar, whatever the labels of their namespace",
    },
    {
        path: "sidecarInjectorWebhook.defaultTemplates",
        isInsecure: (value) => isNonEmpty(value) && !texts(value).includes("sidecar"),
        effect: "pods are injected with a template other than the sidecar's",
    },
    {
        path: "sidecarInjectorWebhook.templates",
        isInsecure: isNonEmpty,
        effect: "a template other than Istio's is injected, which no policy can check",
    },
    {
        path: "sidecarInjectorWebhook.aliases",
        isInsecure: (value) => isNonEmpty(at(value, "sidecar")),
        effect: "another template replaces the sidecar's",
    },
    {
        path: "_internal_defaults_do_not_set",
        isInsecure: isNonEmpty,
        effect: "the chart reads values from there, which no policy can check",
    },
    {
        path: "istiodRemote.injectionURL",
        isInsecure: isNonEmpty,
        effect: "another server decides what is injected",
    },
    {
        path: "base.validationURL",
        isInsecure: isNonEmpty,
        effect: "another server decides which Istio objects the API server accepts",
    },
    {
        path: "trustedZtunnelNamespace",
        isInsecure: (value) => isNonEmpty(value) && !isText("istio-system", "kube-system")(value),
        effect: "service accounts of that namespace get certificates of every identity on their node",
    },
    { path: "global.caAddress", isInsecure: isNonEmpty, effect: "a CA other than istiod issues identities" },
    {
        path: "global.remotePilotAddress",
        isInsecure: isNonEmpty,
        effect: "proxies get their configuration from another control plane",
    },
    {
        path: "global.certSigners",
        isInsecure: isNonEmpty,
        effect: "Kubernetes signers issue identities of the mesh",
    },
    {
        path: "global.jwtPolicy",
        isInsecure: isText("first-party-jwt"),
        effect: "a service account token with any audience is exchanged for a certificate of its identity",
    },
    {
        path: "global.configValidation",
        isInsecure: isFalse,
        effect: "objects that istiod cannot parse are accepted and then ignored",
    },
    {
        path: "global.proxy.image",
        isInsecure: (value) => isNonEmpty(value) && !/(^|\/)proxyv2([:@]|$)/.test(String(value)),
        effect: "an image other than Istio's proxy is injected into every pod",
    },
    {
        path: "global.proxy.lifecycle",
        isInsecure: isNonEmpty,
        effect: "a custom command runs in every sidecar, as the user whose traffic is not captured",
    },
    {
        path: "global.proxy.autoInject",
        isInsecure: isText("disabled"),
        effect: "no pod gets a sidecar unless its labels enable it",
    },
    {
        path: "global.operatorManageWebhooks",
        isInsecure: isTrue,
        effect: "the chart creates no injection webhook",
    },
    {
        path: "global.omitSidecarInjectorConfigMap",
        isInsecure: isTrue,
        effect: "the chart creates no injection template",
    },
];
