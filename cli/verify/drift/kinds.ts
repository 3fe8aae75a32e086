/** Which kinds decide who reaches whom, and which of their fields are compared. */
import type { Kind } from "../cluster/kinds";
import type { KubeObject } from "./objects";

interface Comparison {
    /** Top-level fields. Metadata that decides is compared for every kind (metadata.ts). */
    readonly fields: readonly string[];
    /**
     * - `exact`: a field that only the cluster has is a change.
     * - `subset`: the API server or a controller fills in fields; what the program sets must be there.
     */
    readonly match: "exact" | "subset";
    /** Fields of the spec that only attackers and accidents set: a value that the program does not have is a change. */
    readonly absent?: readonly string[];
    /**
     * Whether an object that is not the program's is reported; of Services and webhooks only one that can widen access.
     * Charts and controllers make objects of the other kinds.
     */
    readonly foreign: boolean;
}

const OF_THE_MESH: Comparison = { fields: ["spec"], match: "exact", foreign: true };
const OF_CERT_MANAGER: Comparison = { fields: ["spec"], match: "subset", foreign: false };
const RULES: Comparison = { fields: ["rules", "aggregationRule"], match: "exact", foreign: false };
/** The API server fills in API groups; one more subject is seen by the list's length. */
const BINDING: Comparison = { fields: ["roleRef", "subjects"], match: "subset", foreign: false };
const METADATA_ONLY: Comparison = { fields: [], match: "subset", foreign: false };

/** Kinds that reach proxies and the network: a run waits until their latest change is in force. */
const TRAFFIC = {
    AuthorizationPolicy: OF_THE_MESH,
    PeerAuthentication: OF_THE_MESH,
    RequestAuthentication: OF_THE_MESH,
    Sidecar: OF_THE_MESH,
    DestinationRule: OF_THE_MESH,
    VirtualService: OF_THE_MESH,
    Gateway: OF_THE_MESH,
    ServiceEntry: OF_THE_MESH,
    EnvoyFilter: OF_THE_MESH,
    NetworkPolicy: OF_THE_MESH,
    Telemetry: OF_THE_MESH,
    ProxyConfig: OF_THE_MESH,
    TrafficExtension: OF_THE_MESH,
    WasmPlugin: OF_THE_MESH,
    WorkloadEntry: OF_THE_MESH,
    WorkloadGroup: OF_THE_MESH,
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
    MutatingAdmissionPolicy: OF_THE_MESH,
    Role: RULES,
    ClusterRole: RULES,
    RoleBinding: BINDING,
    ClusterRoleBinding: BINDING,
    Certificate: OF_CERT_MANAGER,
    Issuer: OF_CERT_MANAGER,
    ClusterIssuer: OF_CERT_MANAGER,
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
