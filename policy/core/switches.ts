/** Single values that open what everything else closes. */
import { at, says, texts } from "./read";
import { type Finding, inFull } from "./rule";
import { type Subject } from "./subject";

export interface Switch {
    /** Keys below the object that is judged. */
    readonly path: string;
    readonly isOpen: (value: unknown) => boolean;
    /** Completes "<path> is <value>, so …". */
    readonly effect: string;
}

/** Whether a value is one of some words, in any case. */
export const isText =
    (...words: readonly string[]) =>
    (value: unknown): boolean =>
        words.includes(String(value).toLowerCase());

/** What istiod and its charts read as a boolean; the words of YAML 1.1 among them. */
export const isTrue = isText("true", "t", "1", "yes", "y", "on");
export const isFalse = isText("false", "f", "0", "no", "n", "off");

/** @throws UnknownField when all the others have been judged */
export function judgeSwitches(
    subject: Subject,
    base: string,
    fields: unknown,
    switches: readonly Switch[],
    fix: string,
): Iterable<Finding> {
    return inFull(switches.map((one) => () => judgeSwitch(subject, base, fields, one, fix)));
}

function* judgeSwitch(
    subject: Subject,
    base: string,
    fields: unknown,
    { path, isOpen, effect }: Switch,
    fix: string,
): Iterable<Finding> {
    const value = at(fields, ...path.split("."));
    if (value === undefined || value === null || !isOpen(value)) return;
    const shown = typeof value === "object" ? "set" : JSON.stringify(value);
    yield { subject, wrong: `${base}.${path} is ${shown}, so ${effect}`, fix };
}

/** Istio's own control plane in some namespace: `istiod.istio-system.svc:15012`, also by revision. */
const ISTIOD = /^istiod[\w-]*\.[\w-]+(\.svc(\.cluster\.local)?)?(:\d+)?$/;

/** Variables of the proxy that change who it trusts, what it captures, what it starts, or which clients it takes. */
const METADATA =
    /^(CA_ADDR|CA_PROVIDER|CA_ROOT_CA|XDS_ROOT_CA|PROXY_XDS_ROOT_CA|PROXY_CONFIG|PROXY_CONFIG_XDS_AGENT|WASM_INSECURE_REGISTRIES|DISABLE_ENVOY|PROV_CERT|OUTPUT_CERTS|FILE_MOUNTED_CERTS|ISTIO_BOOTSTRAP(_OVERRIDE)?|ISTIO_META_(UNPRIVILEGED_POD|INTERCEPTION_MODE|ROUTER_MODE|CERT_SIGNER|TLS_CLIENT_ROOT_CERT|TLS_SERVER_ROOT_CERT|IDLE_TIMEOUT|HTTP10))$/;

/** Fields of a ProxyConfig: of the mesh's `defaultConfig` and of the annotation `proxy.istio.io/config`. */
export const PROXY_SWITCHES: readonly Switch[] = [
    {
        path: "interceptionMode",
        isOpen: isText("none"),
        effect: "no traffic is led through the sidecar",
    },
    {
        path: "discoveryAddress",
        isOpen: (value) => !ISTIOD.test(String(value)),
        effect: "the proxy takes its configuration from there",
    },
    {
        path: "gatewayTopology.numTrustedProxies",
        isOpen: (value) => String(value) !== "0",
        effect: "the client's X-Forwarded-For decides which address remoteIpBlocks sees",
    },
    {
        path: "gatewayTopology.forwardClientCertDetails",
        isOpen: isText("forward_only", "append_forward", "always_forward_only"),
        effect: "a client's own X-Forwarded-Client-Cert passes for an identity",
    },
    {
        path: "proxyHeaders.forwardedClientCert",
        isOpen: isText("forward_only", "append_forward", "always_forward_only"),
        effect: "a client's own X-Forwarded-Client-Cert passes for an identity",
    },
    { path: "customConfigFile", isOpen: says, effect: "the proxy starts with a file that no policy reads" },
    {
        path: "proxyBootstrapTemplatePath",
        isOpen: says,
        effect: "the proxy starts with a template that no policy reads",
    },
    { path: "binaryPath", isOpen: says, effect: "another program than Envoy can run in its place" },
    {
        path: "caCertificatesPem",
        isOpen: says,
        effect: "whoever holds those roots makes identities for the proxy",
    },
    {
        path: "controlPlaneAuthPolicy",
        isOpen: isText("none"),
        effect: "the proxy takes its configuration without mutual TLS",
    },
    {
        path: "proxyMetadata",
        isOpen: (value) => Object.keys(value as object).some((name) => METADATA.test(name)),
        effect: "variables among them change whom the proxy trusts, what it captures, what it starts or which clients it takes",
    },
    {
        path: "runtimeValues",
        isOpen: (value) =>
            Object.keys(value as object).some((name) => /^envoy\.(reloadable|restart)_features/.test(name)),
        effect: "Envoy's own protections can be switched off",
    },
];

/** Headers that hold credentials. */
const CREDENTIALS = /authorization|cookie|token|api-?key|secret/i;

/** Whether a list of header names has credentials among them. */
export function hasCredentials(value: unknown): boolean {
    return texts(value).some((name) => CREDENTIALS.test(name));
}
