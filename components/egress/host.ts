import { createHash } from "node:crypto";
import { groupBy } from "../../catalogue/order";
import { type ReachableHost, reachableHosts } from "../../catalogue/query";
import { COMMON_LABELS } from "../base/labels";
import { EGRESS_GATEWAY, NAMESPACES, ORIGINATED_PORT, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";

/** An external host with all ports that have callers. Its objects are named after it. */
export interface EgressHost {
    readonly name: string;
    /** By number; at least one. Groups do not share hosts, so all ports are of one group. */
    readonly ports: readonly [ReachableHost, ...ReachableHost[]];
}

/** The egress gateway's host in the mesh. */
export const EGRESS_GATEWAY_HOST = serviceHost(EGRESS_GATEWAY, NAMESPACES.egress);

/** Every external host that has callers, by name. */
export function egressHosts({ catalogue }: Platform): EgressHost[] {
    const byName = groupBy(reachableHosts(catalogue), ({ host }) => host.host);
    return [...byName].map(([name, ports]) => ({ name, ports }));
}

export function originatesTls({ host }: ReachableHost): boolean {
    return host.tls === "originate";
}

/** The port to which a caller connects. */
export function callerPort(reached: ReachableHost): number {
    return originatesTls(reached) ? ORIGINATED_PORT : reached.host.port;
}

/** The gateway's subset for one port of a host: a subset sets the SNI of the mutual TLS. */
export function subsetName({ host: { host, port } }: ReachableHost): string {
    return label(`${host}-${port}`);
}

/** A host as a single label, which Istio requires: a readable prefix and a unique digest. */
export function label(name: string): string {
    const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
    return `${name.replaceAll(".", "-").slice(0, 50)}-${digest}`;
}

/** The metadata of a host's objects, all in the egress gateway's namespace. */
export function metadataOf(name: string): {
    name: string;
    namespace: string;
    labels: Record<string, string>;
} {
    return { name, namespace: NAMESPACES.egress, labels: { ...COMMON_LABELS } };
}
