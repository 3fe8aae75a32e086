/** Values of MeshConfig and of istiod's chart that open the mesh. */
import { at, fields, list, says, textAt, texts } from "../../core/read";
import { hasCredentials, isFalse, isText, isTrue, PROXY_SWITCHES, type Switch } from "../../core/switches";

export const MESH_SWITCHES: readonly Switch[] = [
    {
        path: "trustDomainAliases",
        isOpen: says,
        effect: "workloads of another trust domain have the identities of this one",
    },
    {
        path: "caCertificates",
        isOpen: says,
        effect: "whoever holds those roots makes identities of this mesh",
    },
    { path: "ca.address", isOpen: says, effect: "another authority than istiod gives out identities" },
    {
        path: "discoverySelectors",
        isOpen: says,
        effect: "istiod sees no policy of the namespaces that they leave out",
    },
    {
        path: "configSources",
        isOpen: (value) =>
            list(value).some((source) => !(textAt(source, "address") ?? "").startsWith("k8s:")),
        effect: "policies and routes come from where no policy of this pack reads them",
    },
    {
        path: "pathNormalization.normalization",
        isOpen: isText("none"),
        effect: "/a/../admin passes a rule for /a",
    },
    {
        path: "extensionProviders",
        isOpen: (value) => list(value).some(failsOpen),
        effect: "requests pass while an external authorizer is away, or whatever it answers",
    },
    {
        path: "extensionProviders",
        isOpen: (value) => list(value).some(sendsCredentials),
        effect: "a log or an authorizer receives credentials of every request",
    },
    ...PROXY_SWITCHES.map((one) => ({ ...one, path: `defaultConfig.${one.path}` })),
];

function failsOpen(provider: unknown): boolean {
    return ["envoyExtAuthzHttp", "envoyExtAuthzGrpc"].some(
        (kind) =>
            isTrue(at(provider, kind, "failOpen") ?? false) ||
            /^(2\d\d|ok)$/i.test(textAt(provider, kind, "statusOnError") ?? ""),
    );
}

/** Access logs by gRPC name the headers that they send on. */
function sendsCredentials(provider: unknown): boolean {
    return Object.values(fields(provider)).some((settings) =>
        [
            "additionalRequestHeadersToLog",
            "additionalResponseHeadersToLog",
            "additionalResponseTrailersToLog",
        ].some((field) => hasCredentials(at(settings, field))),
    );
}

export const VALUES_SWITCHES: readonly Switch[] = [
    {
        path: "sidecarInjectorWebhook.neverInjectSelector",
        isOpen: says,
        effect: "pods that it selects get no sidecar, whatever their namespace is labelled with",
    },
    {
        path: "sidecarInjectorWebhook.defaultTemplates",
        isOpen: (value) => says(value) && !texts(value).includes("sidecar"),
        effect: "pods are injected with something else than a sidecar",
    },
    {
        path: "sidecarInjectorWebhook.templates",
        isOpen: says,
        effect: "what is injected is not Istio's own template, and no policy reads it",
    },
    {
        path: "sidecarInjectorWebhook.aliases",
        isOpen: (value) => says(at(value, "sidecar")),
        effect: "the template that injects a sidecar stands for others",
    },
    {
        path: "_internal_defaults_do_not_set",
        isOpen: says,
        effect: "the chart takes from there what no policy reads",
    },
    { path: "istiodRemote.injectionURL", isOpen: says, effect: "another server decides what is injected" },
    {
        path: "base.validationURL",
        isOpen: says,
        effect: "another server decides which policies the API server accepts",
    },
    {
        path: "trustedZtunnelNamespace",
        isOpen: (value) => says(value) && !isText("istio-system", "kube-system")(value),
        effect: "accounts of that namespace get certificates of every identity on their node",
    },
    { path: "global.caAddress", isOpen: says, effect: "another authority than istiod gives out identities" },
    {
        path: "global.remotePilotAddress",
        isOpen: says,
        effect: "proxies take their configuration from another control plane",
    },
    {
        path: "global.certSigners",
        isOpen: says,
        effect: "signers of the cluster give out identities of the mesh",
    },
    {
        path: "global.jwtPolicy",
        isOpen: isText("first-party-jwt"),
        effect: "any token of a service account, for whatever audience, gets its identity's certificate",
    },
    {
        path: "global.configValidation",
        isOpen: isFalse,
        effect: "policies that istiod cannot read are accepted, and then ignored",
    },
    {
        path: "global.proxy.image",
        isOpen: (value) => says(value) && !/(^|\/)proxyv2([:@]|$)/.test(String(value)),
        effect: "something else than Istio's proxy stands beside every pod",
    },
    {
        path: "global.proxy.lifecycle",
        isOpen: says,
        effect: "a command of its own runs in every sidecar, as the user whose traffic is not captured",
    },
    {
        path: "global.proxy.autoInject",
        isOpen: isText("disabled"),
        effect: "no pod gets a sidecar unless its own label says so",
    },
    {
        path: "global.operatorManageWebhooks",
        isOpen: isTrue,
        effect: "the chart makes no webhook that injects",
    },
    {
        path: "global.omitSidecarInjectorConfigMap",
        isOpen: isTrue,
        effect: "the chart brings no template to inject",
    },
];
