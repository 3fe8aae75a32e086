/** The kinds that affect access, and which of their fields are compared. */
import type { Kind } from "../cluster/kinds";
import type { KubeObject } from "./objects";

interface Comparison {
    /** Top-level fields. Labels and annotations are compared for every kind (metadata.ts). */
    readonly fields: readonly string[];
    /**
     * - `exact`: an additional field in the cluster is a change.
     * - `subset`: the API server or a controller adds fields; the program's fields must match.
     */
    readonly match: "exact" | "subset";
    /** Spec fields that no controller sets: a value that the program does not set is a change. */
    readonly absent?: readonly string[];
    /**
     * Whether foreign objects are reported; Services and webhooks only if they can widen access. Charts and controllers
     * create objects of the other kinds.
     */
    readonly foreign: boolean;
}

const MESH_COMPARISON: Comparison = { fields: ["spec"], match: "exact", foreign: true };
const CERT_MANAGER_COMPARISON: Comparison = { fields: ["spec"], match: "subset", foreign: false };
/** What a certificate proves, and where its key is stored. */
const CERTIFICATE_FIELDS: readonly string[] = [
    ...["commonName", "literalSubject", "subject", "nameConstraints"],
    ...["dnsNames", "emailAddresses", "ipAddresses", "otherNames", "uris"],
    ...["isCA", "usages", "encodeUsagesInRequest", "duration"],
    ...["additionalOutputFormats", "keystores", "secretTemplate"],
];
const RULES: Comparison = { fields: ["rules", "aggregationRule"], match: "exact", foreign: false };
/** The API server adds API groups; an additional subject changes the list's length. */
const BINDING: Comparison = { fields: ["roleRef", "subjects"], match: "subset", foreign: false };
const METADATA_ONLY: Comparison = { fields: [], match: "subset", foreign: false };

/** Kinds that configure proxies and the network: a run waits until their latest change has propagated. */
const TRAFFIC = {
    AuthorizationPolicy: MESH_COMPARISON,
    PeerAuthentication: MESH_COMPARISON,
    RequestAuthentication: MESH_COMPARISON,
    Sidecar: MESH_COMPARISON,
    DestinationRule: MESH_COMPARISON,
    VirtualService: MESH_COMPARISON,
    Gateway: MESH_COMPARISON,
    ServiceEntry: MESH_COMPARISON,
    EnvoyFilter: MESH_COMPARISON,
    NetworkPolicy: MESH_COMPARISON,
    Telemetry: MESH_COMPARISON,
    ProxyConfig: MESH_COMPARISON,
    TrafficExtension: MESH_COMPARISON,
    WasmPlugin: MESH_COMPARISON,
    WorkloadEntry: MESH_COMPARISON,
    WorkloadGroup: MESH_COMPARISON,
} as const satisfies Partial<Record<Kind, Comparison>>;

const COMPARISONS = {
    ...TRAFFIC,
    Namespace: METADATA_ONLY,
    ServiceAccount: METADATA_ONLY,
    Service: {
        fields: ["spec"],
        match: "subset",
        absent: ["externalIPs", "externalName", "loadBalancerIP"],
        foreign: true,
    },
    MutatingWebhookConfiguration: { fields: ["webhooks"], match: "subset", foreign: true },
    MutatingAdmissionPolicy: MESH_COMPARISON,
    Role: RULES,
    ClusterRole: RULES,
    RoleBinding: BINDING,
    ClusterRoleBinding: BINDING,
    Certificate: { ...CERT_MANAGER_COMPARISON, absent: CERTIFICATE_FIELDS },
    Issuer: CERT_MANAGER_COMPARISON,
    ClusterIssuer: CERT_MANAGER_COMPARISON,
} as const satisfies Partial<Record<Kind, Comparison>>;

export type DecidingKind = keyof typeof COMPARISONS;

export const TRAFFIC_KINDS = Object.keys(TRAFFIC) as (keyof typeof TRAFFIC)[];
export const DECIDING_KINDS = Object.keys(COMPARISONS) as DecidingKind[];

export function comparisonOf(kind: string): Comparison | undefined {
    return Object.hasOwn(COMPARISONS, kind) ? COMPARISONS[kind as DecidingKind] : undefined;
}

export function isDeciding({ kind }: KubeObject): boolean {
    return comparisonOf(kind) !== undefined;
}
