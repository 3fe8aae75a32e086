/** Manual changes that widen access or break the mesh, each to a different object. */

/** The fields that the tests read of a mismatch in `mesh verify --json`. */
export interface Difference {
    readonly layer: string;
    readonly source: string;
    readonly destination: string;
    readonly gateway?: string;
    /** An exposed or external host. */
    readonly host?: string;
    readonly request: string;
    readonly expected: { readonly kind: string };
    readonly actual: string;
    /** The part of the catalogue that requires it. */
    readonly reason: string;
    readonly explanations: readonly string[];
}

export interface Breakage {
    /** The object, as `mesh verify` prints it. */
    readonly object: string;
    readonly how: string;
    /** A JSON patch (RFC 6902); without it, and without `spec`, the object is deleted. */
    readonly patch?: readonly Operation[];
    /** The spec of a foreign object to create. */
    readonly spec?: Readonly<Record<string, unknown>>;
    /**
     * The mismatches on the wire that it causes. Without it there are none, since another object has the same effect: then
     * `mesh verify` reports only the object.
     */
    readonly shows?: (difference: Difference) => boolean;
}

export interface Operation {
    readonly op: "add" | "remove" | "replace";
    readonly path: string;
    readonly value?: unknown;
}

const OLD_CIPHERS = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA"];

export function wire(layer: string, is: Partial<Difference>): (difference: Difference) => boolean {
    return (difference) =>
        difference.layer === layer &&
        Object.entries(is).every(([key, value]) => difference[key as keyof Difference] === value);
}

/** A call by the prober or the caller's pod, also to a failing or slow callee. */
function call(source: string, destination: string): (difference: Difference) => boolean {
    return (difference) => difference.source === source && difference.destination === destination;
}

function replace(path: string, value: unknown): Operation {
    return { op: "replace", path: `/spec/${path}`, value };
}

export const BREAKAGES: readonly Breakage[] = [
    {
        object: "AuthorizationPolicy sparc/auth-from-api-gateway",
        how: "deleted",
        shows: call("api-gateway", "auth"),
    },
    {
        object: "AuthorizationPolicy databases/kafka-from-audit",
        how: "deleted",
        shows: call("audit", "kafka"),
    },
    { object: "AuthorizationPolicy sparc/deny-all", how: "deleted" },
    {
        object: "PeerAuthentication sparc/video-ingest",
        how: "PERMISSIVE",
        patch: [replace("mtls/mode", "PERMISSIVE")],
        shows: wire("identity", {
            source: "(outside-mesh)",
            destination: "video-ingest",
            actual: "RBAC denial",
        }),
    },
    {
        object: "Sidecar sparc/search",
        how: "widened to all hosts",
        patch: [replace("egress", [{ hosts: ["*/*"] }])],
        shows: (difference) =>
            difference.source === "search" && ["authorization", "egress"].includes(difference.layer),
    },
    { object: "NetworkPolicy sparc/reports", how: "deleted" },
    {
        object: "AuthorizationPolicy databases/deny-all",
        how: "as a dry run",
        patch: [{ op: "add", path: "/metadata/annotations", value: { "istio.io/dry-run": "true" } }],
    },
    {
        object: "Namespace _cluster/monitoring",
        how: "Pod Security disabled",
        patch: [
            {
                op: "replace",
                path: "/metadata/labels/pod-security.kubernetes.io~1enforce",
                value: "privileged",
            },
        ],
    },
    {
        object: "Service sparc/reports",
        how: "given an external address",
        patch: [{ op: "add", path: "/spec/externalIPs", value: ["203.0.113.9"] }],
    },
    {
        object: "DestinationRule sparc/thumbnails",
        how: "without a circuit breaker",
        patch: [replace("trafficPolicy/connectionPool/http/http2MaxRequests", 1_000_000)],
    },
    {
        object: "VirtualService sparc/recordings",
        how: "a timeout of a minute",
        patch: [replace("http/0/timeout", "60s")],
        shows: (difference) =>
            difference.layer === "resilience" &&
            difference.destination === "recordings" &&
            difference.expected.kind === "timeout",
    },
    {
        object: "VirtualService sparc/alerts",
        how: "everything retried",
        patch: [
            replace("http/0/retries", {
                attempts: 4,
                retryOn: "connect-failure,reset,5xx,unavailable",
            }),
        ],
        shows: (difference) =>
            difference.layer === "resilience" &&
            difference.destination === "alerts" &&
            difference.expected.kind === "attempts",
    },
    {
        object: "RequestAuthentication istio-ingress/istio-admingateway",
        how: "deleted",
        shows: wire("ingress", { gateway: "istio-admingateway" }),
    },
    {
        object: "Gateway istio-ingress/public",
        how: "TLS 1.0 on",
        patch: [0, 1, 2].flatMap((server) => [
            replace(`servers/${server}/tls/minProtocolVersion`, "TLSV1_0"),
            ...OLD_CIPHERS.map((value): Operation => ({
                op: "add",
                path: `/spec/servers/${server}/tls/cipherSuites/-`,
                value,
            })),
        ]),
        shows: (difference) =>
            difference.gateway === "istio-ingressgateway" &&
            difference.expected.kind === "tls-version-rejected",
    },
    {
        object: "Gateway istio-ingress/internal-redirect",
        how: "plain HTTP accepted",
        patch: [replace("servers/0/tls/httpsRedirect", false)],
        shows: (difference) =>
            difference.gateway === "istio-internalgateway" && difference.expected.kind === "redirect",
    },
    {
        object: "VirtualService sparc/public-hooks",
        how: "deleted",
        shows: wire("ingress", { host: "hooks.sparc.local" }),
    },
    {
        object: "AuthorizationPolicy istio-ingress/istio-ingressgateway-to-api-gateway.api",
        how: "no scope required",
        patch: [{ op: "remove", path: "/spec/rules/1/when" }],
        shows: wire("ingress", { host: "api.sparc.local" }),
    },
    {
        object: "EnvoyFilter istio-ingress/public-tenant-paths",
        how: "deleted",
        shows: wire("ingress", { host: "stream.sparc.local" }),
    },
    {
        object: "EnvoyFilter istio-ingress/client-headers",
        how: "deleted",
        shows: (difference) =>
            difference.layer === "ingress" &&
            /clients must not set identity headers$|client headers must not override method/.test(
                difference.reason,
            ),
    },
    {
        object: "EnvoyFilter istio-ingress/public-one-token",
        how: "deleted",
        shows: (difference) =>
            difference.layer === "ingress" && difference.reason.endsWith("only with a single token"),
    },
    { object: "EnvoyFilter istio-ingress/public-limits", how: "deleted" },
    { object: "EnvoyFilter istio-ingress/public-plan-limits", how: "deleted" },
    { object: "EnvoyFilter istio-ingress/public-stream-hash", how: "deleted" },
    {
        object: "AuthorizationPolicy istio-egress/sms-from-notifications",
        how: "deleted",
        shows: (difference) =>
            difference.source === "notifications" &&
            ["api.twilio.com", "rest.nexmo.com"].includes(difference.host ?? ""),
    },
    {
        object: "VirtualService istio-egress/api.fastly.com",
        how: "deleted",
        shows: wire("egress", { host: "api.fastly.com" }),
    },
    {
        object: "DestinationRule istio-egress/cloudfront.amazonaws.com",
        how: "TLS off",
        patch: [replace("trafficPolicy/portLevelSettings/0/tls", { mode: "DISABLE" })],
        shows: wire("egress", { source: "video", host: "cloudfront.amazonaws.com" }),
    },
    {
        object: "ServiceEntry istio-egress/api.stripe.com",
        how: "exported to all",
        patch: [replace("exportTo", ["*"])],
    },
    { object: "EnvoyFilter istio-egress/limit-api.stripe.com", how: "deleted" },
    // The route also removes the header: without the filter the log misses it.
    { object: "EnvoyFilter istio-egress/request-headers", how: "deleted" },
    { object: "Telemetry istio-egress/access-log", how: "deleted" },
];
