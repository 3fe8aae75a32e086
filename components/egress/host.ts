import { createHash } from "node:crypto";
import { groupBy } from "../../catalogue/order";
import { type ReachedHost, reachedHosts } from "../../catalogue/query";
import { COMMON_LABELS } from "../base/labels";
import { EGRESS_GATEWAY, NAMESPACES, ORIGINATED_PORT, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";

/** A host outside with all its ports that anybody reaches. Its objects bear its name. */
export interface OutsideHost {
    readonly name: string;
    /** By number; at least one. Groups do not share hosts, so that all are of one group. */
    readonly ports: readonly [ReachedHost, ...ReachedHost[]];
}

/** The gateway's own name in the mesh. */
export const GATEWAY_HOST = serviceHost(EGRESS_GATEWAY, NAMESPACES.egress);

/** Every external host that has callers, by name. */
export function outsideHosts({ catalogue }: Platform): OutsideHost[] {
    const byName = groupBy(reachedHosts(catalogue), ({ host }) => host.host);
    return [...byName].map(([name, ports]) => ({ name, ports }));
}

export function isOriginated({ host }: ReachedHost): boolean {
    return host.tls === "originate";
}

/** The port on which a caller asks. */
export function askedPort(reached: ReachedHost): number {
    return isOriginated(reached) ? ORIGINATED_PORT : reached.host.port;
}

/** The subset of the gateway that stands for one port of a host: a subset sets the name in the mutual TLS. */
export function subsetName({ host: { host, port } }: ReachedHost): string {
    return label(`${host}-${port}`);
}

/** A host as one label, where Istio takes no more: its beginning for people, and a digest that no other has. */
export function label(name: string): string {
    const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
    return `${name.replaceAll(".", "-").slice(0, 50)}-${digest}`;
}

/** The metadata of a host's objects, all of which are the gateway's neighbours. */
export function metadataOf(name: string): {
    name: string;
    namespace: string;
    labels: Record<string, string>;
} {
    return { name, namespace: NAMESPACES.egress, labels: { ...COMMON_LABELS } };
}
