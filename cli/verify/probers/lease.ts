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
 * Runs `work` while it holds the cluster's lease.
 *
 * @throws CannotVerify where another run holds it.
 */
export async function withLease<T>(cluster: Cluster, work: () => Promise<T>): Promise<T> {
    const holder = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
    await assertFree(cluster, holder);
    await cluster.apply(lease(holder));
    // Of two that found it free at the same time, the last to write has it.
    await assertFree(cluster, holder);
    let renewal = Promise.resolve();
    const timer = setInterval(() => {
        // The next renewal makes up for one that failed.
        renewal = cluster.apply(lease(holder)).catch(() => undefined);
    }, RENEW_MS);
    try {
        return await work();
    } finally {
        clearInterval(timer);
        // One on its way would bring the lease back.
        await renewal;
        await cluster.remove("Lease", NAMESPACES.services, NAME);
    }
}

async function assertFree(cluster: Cluster, holder: string): Promise<void> {
    const found = await cluster.get("Lease", NAMESPACES.services, NAME);
    const { holderIdentity = holder, renewTime = "" } = (found?.spec ?? {}) as LeaseSpec;
    const silent = Date.now() - Date.parse(renewTime);
    if (holderIdentity === holder || !(silent < STALE_MS)) return;
    throw new CannotVerify(
        `another run is verifying ${cluster.name}: ${holderIdentity}`,
        "wait for its end; one that was killed is forgotten after 20 s",
    );
}

function lease(holderIdentity: string): KubeObject {
    return {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: NAME, namespace: NAMESPACES.services, labels: { [PROBE_LABEL]: "true" } },
        // Kubernetes wants six digits of a second.
        spec: { holderIdentity, renewTime: new Date().toISOString().replace("Z", "000Z") },
    };
}
