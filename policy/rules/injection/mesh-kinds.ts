/** Kinds that control the behavior of the mesh, as admission policies name them. */

/** By API group. Istio's groups and the Gateway API are included as a whole. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
    "security.istio.io": ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"],
    "networking.istio.io": [
        "DestinationRule",
        "EnvoyFilter",
        "Gateway",
        "ProxyConfig",
        "ServiceEntry",
        "Sidecar",
        "VirtualService",
        "WorkloadEntry",
        "WorkloadGroup",
    ],
    "extensions.istio.io": ["TrafficExtension", "WasmPlugin"],
    "telemetry.istio.io": ["Telemetry"],
    "gateway.networking.k8s.io": [
        "BackendTLSPolicy",
        "Gateway",
        "GatewayClass",
        "GRPCRoute",
        "HTTPRoute",
        "ListenerSet",
        "ReferenceGrant",
        "TCPRoute",
        "TLSRoute",
        "UDPRoute",
    ],
    "networking.k8s.io": ["NetworkPolicy"],
    "policy.networking.k8s.io": ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"],
    "cilium.io": ["CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy"],
    "projectcalico.org": ["GlobalNetworkPolicy"],
    "crd.projectcalico.org": ["GlobalNetworkPolicy"],
    "admissionregistration.k8s.io": ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
};

const WHOLE_GROUP = /istio\.io$|^gateway\.networking\.k8s\.io$/;

/**
 * The first pattern that can match a kind of the mesh: `Sidecar`, `v1/Sidecar`,
 * `networking.istio.io/v1/Sidecar`, or its plural, each part with wildcards.
 */
export function meshKindIn(patterns: readonly string[]): string | undefined {
    return patterns.find(meansMeshKind);
}

function meansMeshKind(pattern: string): boolean {
    const written = pattern.split("/");
    const parts = written.filter((part) => !/^(status|scale|finalizers|v\d\w*)$/.test(part));
    const [first = ""] = parts;
    const named = parts.at(-1) ?? "";
    if (named === "") return false;
    // `group/version/Kind`; with two parts, the first is a version, or the second a subresource.
    const group = written.length > 2 || (parts.length > 1 && first.includes(".")) ? first : "*";
    const isGroup = wildcard(group);
    const isNamed = wildcard(named);
    if (WHOLE_GROUP.test(group)) return true;
    return Object.entries(KINDS).some(
        ([one, kinds]) => isGroup(one) && kinds.some((kind) => isNamed(kind) || isNamed(pluralOf(kind))),
    );
}

function pluralOf(kind: string): string {
    return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}${kind.endsWith("s") ? "es" : "s"}`;
}

/** Kyverno's wildcards: `*` for any text, `?` for one character, ignoring case. */
function wildcard(pattern: string): (text: string) => boolean {
    const source = pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".");
    const matcher = new RegExp(`^${source}$`, "i");
    return (text) => matcher.test(text);
}

const NAMES = new RegExp(`istio\\.io|\\b(${[...new Set(Object.values(KINDS).flat())].join("|")})\\b`);

/** The first kind of the mesh, or Istio API group, in a text. */
export function meshKindNamed(text: string): string | undefined {
    return NAMES.exec(text)?.[0];
}
