/**
 * The annotation `proxy.istio.io/config`: a ProxyConfig of one pod, as `core/protojson.ts` normalized it: field names in
 * camelCase and enumerations by word (istio.io/api, mesh/v1alpha1/proxy.proto).
 */
import { at, fields, text } from "../../core/read";

/** Fields that change no capture, no trust and no destination of what the proxy sends. */
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

/** Variables of `proxyMetadata` by which proxies drain or resolve names, and which open nothing. */
const HARMLESS_METADATA: ReadonlySet<string> = new Set([
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "ISTIO_META_DNS_AUTO_ALLOCATE",
    "MINIMUM_DRAIN_DURATION",
    "TERMINATION_DRAIN_DURATION_SECONDS",
]);

/** What is wrong with a ProxyConfig, each as a predicate of it: `has interceptionMode NONE, …`. */
export function* judgeProxyConfig(config: unknown): Iterable<string> {
    const record = fields(config);
    for (const name of Object.keys(record)) {
        const value = record[name];
        if (HARMLESS.has(name)) continue;
        if (name === "interceptionMode") {
            if (["REDIRECT", "TPROXY"].includes(text(value) ?? "")) continue;
            yield `has ${name} ${text(value) ?? "?"}, so no traffic passes its sidecar`;
        } else if (name === "gatewayTopology") {
            yield* topology(value);
        } else if (name === "proxyMetadata") {
            yield* metadata(value);
        } else if (name === "image") {
            const type = text(at(value, "imageType")) ?? "";
            if (["default", "debug", "distroless"].includes(type)) continue;
            yield `has ${name}, which is another image of the proxy`;
        } else if (name === "tracing") {
            yield* tracing(value);
        } else if (name === "proxyHeaders") {
            const forwarded = at(value, "forwardedClientCert");
            if (forwarded === undefined || SANITIZES.has(text(forwarded) ?? "")) continue;
            yield `has ${name}.forwardedClientCert, so an identity that the client writes is taken for its own`;
        } else if (name === "connectionSettings") {
            yield* settings(value);
        } else {
            yield `has ${name}, by which the proxy is another than the mesh's`;
        }
    }
}

/** Values of forwardClientCertDetails that drop a client's own x-forwarded-client-cert. */
const SANITIZES: ReadonlySet<string> = new Set(["UNDEFINED", "SANITIZE", "SANITIZE_SET"]);

/** The PROXY protocol is a matter of the load balancer in front. Counting on clients' headers is a matter of trust. */
function* topology(value: unknown): Iterable<string> {
    const topology = fields(value);
    for (const key of Object.keys(topology)) {
        const said = text(topology[key]);
        if (key === "proxyProtocol" || (key === "numTrustedProxies" && said === "0")) continue;
        if (key === "forwardClientCertDetails" && SANITIZES.has(said ?? "")) continue;
        yield `has gatewayTopology.${key}, so a header that the client writes is taken for its address or its identity`;
    }
}

function* metadata(value: unknown): Iterable<string> {
    const variables = fields(value);
    for (const key of Object.keys(variables)) {
        const isCapture = key === "ISTIO_META_DNS_CAPTURE" && text(variables[key]) === "true";
        if (HARMLESS_METADATA.has(key) || isCapture) continue;
        yield `has proxyMetadata.${key}, a variable of the proxy's bootstrap`;
    }
}

/** Limits and timeouts open nothing. How a path and a header name are read decides what policies see. */
const READS_REQUESTS: Readonly<Record<string, readonly string[]>> = {
    httpHeadersWithUnderscoresAction: ["REJECT_REQUEST", "DROP_HEADER"],
    httpMergeSlashes: ["true"],
    httpPathWithEscapedSlashesAction: ["REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"],
};

function* settings(value: unknown): Iterable<string> {
    const record = fields(value);
    for (const key of Object.keys(record)) {
        const safe = READS_REQUESTS[key];
        const said = text(record[key]) ?? "";
        if (safe === undefined || safe.includes(said)) continue;
        yield `has connectionSettings.${key} ${said}, so policies and the application read a request differently`;
    }
}

/** How much is traced is a matter of taste; where spans go to is not. */
function* tracing(value: unknown): Iterable<string> {
    for (const key of Object.keys(fields(value))) {
        if (["sampling", "customTags", "maxPathTagLength"].includes(key)) continue;
        yield `has tracing.${key}, which names another receiver of its spans`;
    }
}
