/** Allows one run at a time: a second one would remove the probers of the first as leftovers. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { NAMESPACES } from "../../../components/base/names";
import type { Cluster } from "../../lib/cluster/cluster";
import type { KubeObject } from "../../lib/drift/objects";
import { CannotVerify } from "../../lib/cluster/cannot-verify";
import { PROBE_LABEL } from "../../lib/probers";

const NAME = "probe-run";
const RENEW_MS = 5_000;
/** A run that has not renewed its lease for this long was killed. */
const STALE_MS = 20_000;

interface LeaseSpec {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
}

/**
 * Runs `work` while holding the cluster's lease. Every write states the replaced version, so that only one of two
 * competing runs gets the lease.
 *
 * @throws CannotVerify if another run holds the lease, or took it over because this run did not renew it in time
 */
export async function withLease<T>(cluster: Cluster, work: () => Promise<T>): Promise<T> {
    const holder = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
    await acquire(cluster, holder);
    let renewal = Promise.resolve();
    const timer = setInterval(() => {
        // If a renewal fails, the next one follows soon.
        renewal = renew(cluster, holder).catch(() => undefined);
    }, RENEW_MS);
    let result: T;
    let held: boolean;
    try {
        result = await work();
    } finally {
        clearInterval(timer);
        // A renewal in flight would recreate the lease.
        await renewal;
        held = await release(cluster, holder);
    }
    if (held) return result;
    throw new CannotVerify(
        `another run took over the lease of ${cluster.name} and removed the probers of this run`,
        "run it again when the machine is less busy",
    );
}

async function acquire(cluster: Cluster, holder: string): Promise<void> {
    const current = await currentLease(cluster);
    if (current === undefined) {
        if (await cluster.create(lease(holder))) return;
    } else {
        const { holderIdentity = "", renewTime = "" } = specOf(current);
        const ageMs = Date.now() - Date.parse(renewTime);
        if (ageMs < STALE_MS) throw leaseHeld(cluster, holderIdentity);
        if (await cluster.replace(lease(holder, current))) return;
    }
    // Another run was faster. If there is still no lease, the namespace is missing.
    const winner = await currentLease(cluster);
    if (winner !== undefined) throw leaseHeld(cluster, specOf(winner).holderIdentity ?? "");
    throw new CannotVerify(
        `namespace ${NAMESPACES.services} does not exist in ${cluster.name}`,
        "deploy the program first: `make up`",
    );
}

async function renew(cluster: Cluster, holder: string): Promise<void> {
    const current = await currentLease(cluster);
    if (current !== undefined && specOf(current).holderIdentity === holder)
        await cluster.replace(lease(holder, current));
}

/** @returns whether this run still held it */
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

function leaseHeld({ name }: Cluster, holder: string): CannotVerify {
    return new CannotVerify(
        `another run is verifying ${name}: ${holder}`,
        "wait until it ends; the lease of a killed run expires after 20 s",
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
        // Kubernetes' MicroTime has six fractional digits.
        spec: { holderIdentity, renewTime: new Date().toISOString().replace("Z", "000Z") },
    };
}
