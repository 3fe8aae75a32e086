import { deriveAll } from "../../components/concerns";
import { NAMESPACES } from "../../components/base/names";
import type { Platform } from "../../components/base/platform";
import { CANARY, type CanaryStatus, messageOf } from "../../components/shared/flagger/flagger";
import type { DeploymentStatus } from "../lib/cluster/deployments";
import type { Cluster } from "../lib/cluster/cluster";
import type { Drift } from "../lib/drift/compare";
import type { KubeObject } from "../lib/drift/objects";
import { readDrift } from "../lib/drift/read";
import { readMetrics } from "./metrics";
import type { Canary, Certificate, MeshStatus } from "./model";

/** Reads the status from a cluster. If a part cannot be read, the rest is still reported. */
export async function readStatus(
    cluster: Cluster,
    platform: Platform,
    workloads: readonly DeploymentStatus[],
    signal: AbortSignal,
): Promise<MeshStatus> {
    const unavailable: string[] = [];
    const orUnavailable = async <Part>(name: string, part: Promise<Part>, nothing: Part): Promise<Part> => {
        try {
            return await part;
        } catch (error) {
            unavailable.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
            return nothing;
        }
    };
    const [metrics, certificates, canaries, drift] = await Promise.all([
        orUnavailable("metrics and alerts", readMetrics(cluster, platform.catalogue, signal), {
            services: [],
            alerts: [],
        }),
        orUnavailable("certificates", programObjects(cluster, "Certificate"), []),
        orUnavailable("rollouts", programObjects(cluster, CANARY.kind), []),
        orUnavailable<readonly Drift[]>("drift", readDrift(cluster, deriveAll(platform)), []),
    ]);
    return {
        workloads,
        ...metrics,
        certificates: certificates.map(certificateOf),
        canaries: canaries.map(canaryOf),
        drift: drift.map(({ state, text }) => ({ state, text })),
        unavailable: unavailable.sort(),
    };
}

/** Objects in the program's namespaces, sorted by namespace and name. */
async function programObjects(
    cluster: Cluster,
    kind: "Canary" | "Certificate",
): Promise<readonly KubeObject[]> {
    const programNamespaces: readonly string[] = Object.values(NAMESPACES);
    const objects = await cluster.list(kind);
    const placeOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;
    return objects
        .filter(({ metadata }) => programNamespaces.includes(metadata.namespace ?? ""))
        .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

interface Condition {
    readonly type?: string;
    readonly status?: string;
    readonly message?: string;
}

interface CertificateStatus {
    readonly conditions?: readonly Condition[];
    readonly notAfter?: string;
}

function statusOf<Status extends object>(object: KubeObject): Partial<Status> {
    return (object as KubeObject & { readonly status?: Status }).status ?? {};
}

function certificateOf(object: KubeObject): Certificate {
    const { conditions = [], notAfter } = statusOf<CertificateStatus>(object);
    return {
        namespace: object.metadata.namespace ?? "",
        name: object.metadata.name,
        ready: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
        ...(notAfter === undefined ? {} : { notAfter: notAfter }),
    };
}

function canaryOf(object: KubeObject): Canary {
    const status = statusOf<CanaryStatus>(object);
    const { phase = "", canaryWeight = 0 } = status;
    return {
        namespace: object.metadata.namespace ?? "",
        name: object.metadata.name,
        phase,
        weight: canaryWeight,
        message: messageOf(status) ?? "",
    };
}
