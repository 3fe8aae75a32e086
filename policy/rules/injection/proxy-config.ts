/**
 * The annotation `proxy.istio.io/config`: the ProxyConfig of a pod, normalized by `core/protojson.ts` to
 * camelCase names and enum words (istio.io/api, mesh/v1alpha1/proxy.proto).
 */
import { at, fields, text } from "../../core/read";

/** Fields that do not change traffic capture, trust or destinations of the proxy. */
const HARMLESS: ReadonlySet<string> = new Set([
    "concurrency",
    "drainDuration",
    "extraStatTags",
    "holdApplicationUntilProxyStarts",
    "parentShutdownDuration",
    "proxyStatsMatcher",
    "readinessProbe",
    "statNameLength",
    "terminationDrainDuration",
]);

/** Variables of `proxyMetadata` for draining and DNS that do not weaken security. */
const HARMLESS_METADATA: ReadonlySet<string> = new Set([
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "ISTIO_META_DNS_AUTO_ALLOCATE",
    "MINIMUM_DRAIN_DURATION",
    "TERMINATION_DRAIN_DURATION_SECONDS",
]);

/** Problems of a ProxyConfig, each as a predicate: `has interceptionMode NONE, …`. */
export function* evaluateProxyConfig(config: unknown): Iterable<string> {
    const record = fields(config);
    for (const name of Object.keys(record)) {
        const value = record[name];
        if (HARMLESS.has(name)) continue;
        if (name === "interceptionMode") {
            if (["REDIRECT", "TPROXY"].includes(text(value) ?? "")) continue;
            yield `has ${name} ${text(value) ?? "?"}, so all traffic bypasses its sidecar`;
        } else if (name === "gatewayTopology") {
            yield* topology(value);
        } else if (name === "proxyMetadata") {
            yield* metadata(value);
        } else if (name === "image") {
            const type = text(at(value, "imageType")) ?? "";
            if (["default", "debug", "distroless"].includes(type)) continue;
            yield `has ${name}, which selects another proxy image`;
        } else if (name === "tracing") {
            yield* tracing(value);
        } else if (name === "proxyHeaders") {
            const forwarded = at(value, "forwardedClientCert");
            if (forwarded === undefined || SANITIZES.has(text(forwarded) ?? "")) continue;
            yield `has ${name}.forwardedClientCert, so clients can spoof an identity with a header`;
        } else if (name === "connectionSettings") {
            yield* settings(value);
        } else {
            yield `has ${name}, which changes the proxy's configuration`;
        }
    }
}

/** Values of forwardClientCertDetails that remove the client's x-forwarded-client-cert. */
const SANITIZES: ReadonlySet<string> = new Set(["UNDEFINED", "SANITIZE", "SANITIZE_SET"]);

/** The PROXY protocol depends on the load balancer in front. Trusting clients' headers is a security decision. */
function* topology(value: unknown): Iterable<string> {
    const topology = fields(value);
    for (const key of Object.keys(topology)) {
        const declared = text(topology[key]);
        if (key === "proxyProtocol" || (key === "numTrustedProxies" && declared === "0")) continue;
        if (key === "forwardClientCertDetails" && SANITIZES.has(declared ?? "")) continue;
        yield `has gatewayTopology.${key}, so clients can spoof their address or identity with a header`;
    }
}

function* metadata(value: unknown): Iterable<string> {
    const variables = fields(value);
    for (const key of Object.keys(variables)) {
        const isCapture = key === "ISTIO_META_DNS_CAPTURE" && text(variables[key]) === "true";
        if (HARMLESS_METADATA.has(key) || isCapture) continue;
        yield `has proxyMetadata.${key}, a bootstrap variable of the proxy`;
    }
}

/** Limits and timeouts are allowed. How paths and header names are parsed decides what policies match. */
const READS_REQUESTS: Readonly<Record<string, readonly string[]>> = {
    httpHeadersWithUnderscoresAction: ["REJECT_REQUEST", "DROP_HEADER"],
    httpMergeSlashes: ["true"],
    httpPathWithEscapedSlashesAction: ["REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"],
};

function* settings(value: unknown): Iterable<string> {
    const record = fields(value);
    for (const key of Object.keys(record)) {
        const safe = READS_REQUESTS[key];
        const declared = text(record[key]) ?? "";
        if (safe === undefined || safe.includes(declared)) continue;
        yield `has connectionSettings.${key} ${declared}, so policies and the application parse a request differently`;
    }
}

/** The amount of tracing is free to choose; the destination of spans is not. */
function* tracing(value: unknown): Iterable<string> {
    for (const key of Object.keys(fields(value))) {
        if (["sampling", "customTags", "maxPathTagLength"].includes(key)) continue;
        yield `has tracing.${key}, which sends its spans to another destination`;
    }
}
