import { groupBy } from "../../catalogue/order";
import { type ReachedHost, reachedHosts } from "../../catalogue/query";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { type Rule, allow, allowName } from "./allow";

/**
 * Who may leave through the egress gateway, and to where: an ALLOW per external group and caller with a rule for each
 * host. The gateway ends the mesh's mutual TLS, so that it knows the caller's identity whatever is carried inside.
 */
export function egressPolicies({ catalogue, config }: Platform): AuthorizationPolicyManifest[] {
    const uses = reachedHosts(catalogue).flatMap((reached) =>
        reached.callers.map((caller) => ({ ...reached, caller })),
    );
    const byPair = groupBy(uses, ({ groupName, caller }) => allowName(groupName, caller));
    return [...byPair]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, hosts]) => {
            const source = { principals: [principal(config, NAMESPACES.services, hosts[0].caller)] };
            const rules = hosts.map((reached): Rule => ({ from: [{ source }], ...toHost(reached) }));
            return allow(name, NAMESPACES.egress, EGRESS_GATEWAY, rules);
        });
}

/**
 * One host, as the gateway sees it: by the Host header where it sees requests, and else by the name in the mutual TLS
 * around the connection, which is what the gateway routes by.
 */
function toHost({ host: { host, port, tls } }: ReachedHost): Rule {
    const ports = [String(port)];
    return tls === "originate"
        ? { to: [{ operation: { ports, hosts: [host, `${host}:*`] } }] }
        : { to: [{ operation: { ports } }], when: [{ key: "connection.sni", values: [host] }] };
}
