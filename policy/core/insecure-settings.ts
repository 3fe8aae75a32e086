/** Settings with which a single value weakens the security of the mesh. */
import { at, isNonEmpty, texts } from "./read";
import { type Violation, allViolations } from "./rule";
import { type Subject } from "./subject";

export interface InsecureSetting {
    /** Path of keys below the evaluated object. */
    readonly path: string;
    readonly isInsecure: (value: unknown) => boolean;
    /** Completes "<path> is <value>, so …". */
    readonly effect: string;
}

/** Whether a value is one of the given words, ignoring case. */
export const isText =
    (...words: readonly string[]) =>
    (value: unknown): boolean =>
        words.includes(String(value).toLowerCase());

/** Boolean words of istiod and its charts, including those of YAML 1.1. */
export const isTrue = isText("true", "t", "1", "yes", "y", "on");
export const isFalse = isText("false", "f", "0", "no", "n", "off");

/** @throws UnknownField after all other settings were evaluated */
export function evaluateSettings(
    subject: Subject,
    base: string,
    fields: unknown,
    settings: readonly InsecureSetting[],
    fix: string,
): Iterable<Violation> {
    return allViolations(settings.map((one) => () => evaluateSetting(subject, base, fields, one, fix)));
}

function* evaluateSetting(
    subject: Subject,
    base: string,
    fields: unknown,
    { path, isInsecure, effect }: InsecureSetting,
    fix: string,
): Iterable<Violation> {
    const value = at(fields, ...path.split("."));
    if (value === undefined || value === null || !isInsecure(value)) return;
    const shown = typeof value === "object" ? "set" : JSON.stringify(value);
    yield { subject, problem: `${base}.${path} is ${shown}, so ${effect}`, fix };
}

/** Istio's control plane in any namespace, also with a revision: `istiod.istio-system.svc:15012`. */
const ISTIOD = /^istiod[\w-]*\.[\w-]+(\.svc(\.cluster\.local)?)?(:\d+)?$/;

/** Proxy variables that change trust roots, traffic capture, bootstrap or accepted clients. */
const SENSITIVE_PROXY_VARIABLES =
    /^(CA_ADDR|CA_PROVIDER|CA_ROOT_CA|XDS_ROOT_CA|PROXY_XDS_ROOT_CA|PROXY_CONFIG|PROXY_CONFIG_XDS_AGENT|WASM_INSECURE_REGISTRIES|DISABLE_ENVOY|PROV_CERT|OUTPUT_CERTS|FILE_MOUNTED_CERTS|ISTIO_BOOTSTRAP(_OVERRIDE)?|ISTIO_META_(UNPRIVILEGED_POD|INTERCEPTION_MODE|ROUTER_MODE|CERT_SIGNER|TLS_CLIENT_ROOT_CERT|TLS_SERVER_ROOT_CERT|IDLE_TIMEOUT|HTTP10))$/;

/** Fields of ProxyConfig: in the mesh's `defaultConfig` and in the annotation `proxy.istio.io/config`. */
export const INSECURE_PROXY_SETTINGS: readonly InsecureSetting[] = [
    {
        path: "interceptionMode",
        isInsecure: isText("none"),
        effect: "traffic bypasses the sidecar",
    },
    {
        path: "discoveryAddress",
        isInsecure: (value) => !ISTIOD.test(String(value)),
        effect: "the proxy gets its configuration from that address",
    },
    {
        path: "gatewayTopology.numTrustedProxies",
        isInsecure: (value) => String(value) !== "0",
        effect: "clients can spoof the address that remoteIpBlocks checks, with X-Forwarded-For",
    },
    {
        path: "gatewayTopology.forwardClientCertDetails",
        isInsecure: isText("forward_only", "append_forward", "always_forward_only"),
        effect: "clients can spoof an identity with an X-Forwarded-Client-Cert header",
    },
    {
        path: "proxyHeaders.forwardedClientCert",
        isInsecure: isText("forward_only", "append_forward", "always_forward_only"),
        effect: "clients can spoof an identity with an X-Forwarded-Client-Cert header",
    },
    {
        path: "customConfigFile",
        isInsecure: isNonEmpty,
        effect: "the proxy bootstraps from a file that no policy reads",
    },
    {
        path: "proxyBootstrapTemplatePath",
        isInsecure: isNonEmpty,
        effect: "the proxy bootstraps from a template that no policy reads",
    },
    { path: "binaryPath", isInsecure: isNonEmpty, effect: "a program other than Envoy can run as the proxy" },
    {
        path: "caCertificatesPem",
        isInsecure: isNonEmpty,
        effect: "the proxy trusts identities that are signed by those roots",
    },
    {
        path: "controlPlaneAuthPolicy",
        isInsecure: isText("none"),
        effect: "the proxy gets its configuration without mutual TLS",
    },
    {
        path: "proxyMetadata",
        isInsecure: (value) =>
            Object.keys(value as object).some((name) => SENSITIVE_PROXY_VARIABLES.test(name)),
        effect: "variables in it change trust roots, traffic capture, bootstrap or accepted clients",
    },
    {
        path: "runtimeValues",
        isInsecure: (value) =>
            Object.keys(value as object).some((name) => /^envoy\.(reloadable|restart)_features/.test(name)),
        effect: "Envoy's security fixes can be disabled",
    },
];

/** Headers that contain credentials. */
const CREDENTIAL_HEADERS = /authorization|cookie|token|api-?key|secret/i;

/** Whether a list of header names contains one with credentials. */
export function hasCredentials(value: unknown): boolean {
    return texts(value).some((name) => CREDENTIAL_HEADERS.test(name));
}
