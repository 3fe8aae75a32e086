/** One run at a time: another would remove this one's probers as left over. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { NAMESPACES } from "../../../components/base/names";
import type { Cluster } from "../cluster/cluster";
import type { KubeObject } from "../drift/objects";
import { CannotVerify } from "../errors";
import { PROBE_LABEL } from "./objects";

const NAME = "probe-run";
const RENEW_MS = 5_000;
/** A run that did not say anything for so long was killed. */
const STALE_MS = 20_000;

interface LeaseSpec {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
}

/**
 * Runs `work` while it holds the cluster's lease. Each write names the version that it replaces, so that of two runs that
 * find the lease free one gets it.
 *
 * @throws CannotVerify where another run holds it, or took it over because this one did not renew it in time.
 */
export async function withLease<T>(cluster: Cluster, work: () => Promise<T>): Promise<T> {
    const holder = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
    await acquire(cluster, holder);
    let renewal = Promise.resolve();
    const timer = setInterval(() => {
        // The next renewal makes up for one that failed.
        renewal = renew(cluster, holder).catch(() => undefined);
    }, RENEW_MS);
    let result: T;
    let held: boolean;
    try {
        result = await work();
    } finally {
        clearInterval(timer);
        // A renewal under way would bring the lease back.
        await renewal;
        held = await release(cluster, holder);
    }
    if (held) return result;
    throw new CannotVerify(
        `another run took the lease of ${cluster.name} over, and removed probers that this run used`,
        "run it again on a machine that is less busy",
    );
}

async function acquire(cluster: Cluster, holder: string): Promise<void> {
    const current = await currentLease(cluster);
    if (current === undefined) {
        if (await cluster.create(lease(holder))) return;
    } else {
        const { holderIdentity = "", renewTime = "" } = specOf(current);
        const silent = Date.now() - Date.parse(renewTime);
        if (silent < STALE_MS) throw taken(cluster, holderIdentity);
        if (await cluster.replace(lease(holder, current))) return;
    }
    // Another run was faster. Without a lease there now, the namespace itself is missing.
    const winner = await currentLease(cluster);
    if (winner !== undefined) throw taken(cluster, specOf(winner).holderIdentity ?? "");
    throw new CannotVerify(
        `there is no namespace ${NAMESPACES.services} in ${cluster.name}`,
        "deploy the program first: `make up`",
    );
}

async function renew(cluster: Cluster, holder: string): Promise<void> {
    const current = await currentLease(cluster);
    if (current !== undefined && specOf(current).holderIdentity === holder)
        await cluster.replace(lease(holder, current));
}

/** @returns whether it was still this run's */
async function release(cluster: Cluster, holder: string): Promise<boolean> {
    const current = await currentLease(cluster);
    if (current === undefined || specOf(current).holderIdentity !== holder) return false;
    await cluster.remove("Lease", NAMESPACES.services, NAME);
    return true;
}

function currentLease(cluster: Cluster): Promise<KubeObject | undefined> {
    return cluster.get("Lease", NAMESPACES.services, NAME);
}

function specOf({ spec }: KubeObject): LeaseSpec {
    return spec ?? {};
}

function taken({ name }: Cluster, holder: string): CannotVerify {
    return new CannotVerify(
        `another run is verifying ${name}: ${holder}`,
        "wait for its end; the lease of a run that was killed expires after 20 s",
    );
}

function lease(holderIdentity: string, replaced?: KubeObject): KubeObject {
    const version = replaced?.metadata.resourceVersion;
    return {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: {
            name: NAME,
            namespace: NAMESPACES.services,
            labels: { [PROBE_LABEL]: "true" },
            ...(version === undefined ? {} : { resourceVersion: version }),
        },
        // Kubernetes wants six digits of a second.
        spec: { holderIdentity, renewTime: new Date().toISOString().replace("Z", "000Z") },
    };
}
