import { deriveAll } from "../../components/concerns";
import { NAMESPACES } from "../../components/base/names";
import type { Platform } from "../../components/base/platform";
import type { Rollout } from "../up/cluster";
import type { Cluster } from "../verify/cluster/cluster";
import type { Drift } from "../verify/drift/compare";
import type { KubeObject } from "../verify/drift/objects";
import { readDrift } from "../verify/drift/read";
import { readMetrics } from "./metrics";
import type { Canary, Certificate, MeshStatus } from "./model";

/** What a cluster tells of the mesh. Where a part of it does not answer, the rest is told all the same. */
export async function readStatus(
    cluster: Cluster,
    platform: Platform,
    workloads: readonly Rollout[],
    signal: AbortSignal,
): Promise<MeshStatus> {
    const untold: string[] = [];
    const told = async <Part>(name: string, part: Promise<Part>, nothing: Part): Promise<Part> => {
        try {
            return await part;
        } catch (error) {
            untold.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
            return nothing;
        }
    };
    const [metrics, certificates, canaries, drift] = await Promise.all([
        told("figures and alerts", readMetrics(cluster, platform.catalogue, signal), {
            services: [],
            alerts: [],
        }),
        told("certificates", own(cluster, "Certificate"), []),
        told("rollouts", own(cluster, "Canary"), []),
        told<readonly Drift[]>("drift", readDrift(cluster, deriveAll(platform)), []),
    ]);
    return {
        workloads,
        ...metrics,
        certificates: certificates.map(certificateOf),
        canaries: canaries.map(canaryOf),
        drift: drift.map(({ state, text }) => ({ state, text })),
        untold: untold.sort(),
    };
}

/** Objects in the program's namespaces, by namespace and name. */
async function own(cluster: Cluster, kind: "Canary" | "Certificate"): Promise<readonly KubeObject[]> {
    const ours: readonly string[] = Object.values(NAMESPACES);
    const found = await cluster.list(kind);
    const placeOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;
    return found
        .filter(({ metadata }) => ours.includes(metadata.namespace ?? ""))
        .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

interface Condition {
    readonly type?: string;
    readonly status?: string;
    readonly message?: string;
}

interface State {
    readonly conditions?: readonly Condition[];
    readonly notAfter?: string;
    readonly phase?: string;
    readonly canaryWeight?: number;
}

function stateOf(object: KubeObject): State {
    return (object as KubeObject & { readonly status?: State }).status ?? {};
}

function certificateOf(object: KubeObject): Certificate {
    const { conditions = [], notAfter } = stateOf(object);
    return {
        namespace: object.metadata.namespace ?? "",
        name: object.metadata.name,
        ready: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
        ...(notAfter === undefined ? {} : { until: notAfter }),
    };
}

function canaryOf(object: KubeObject): Canary {
    const { phase = "", canaryWeight = 0, conditions = [] } = stateOf(object);
    return {
        namespace: object.metadata.namespace ?? "",
        name: object.metadata.name,
        phase,
        weight: canaryWeight,
        message: conditions.find(({ type }) => type === "Promoted")?.message ?? "",
    };
}
