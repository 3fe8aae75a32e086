import { groupBy } from "../../catalogue/order";
import { type ReachableHost, reachableHosts } from "../../catalogue/query";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES, allowName, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { type Rule, allow } from "./allow";

/**
 * Authorization at the egress gateway: an ALLOW per external group and caller with a rule for each host. The gateway
 * terminates the mesh's mutual TLS, so it knows the caller's identity whatever the payload.
 */
export function egressPolicies({ catalogue, config }: Platform): AuthorizationPolicyManifest[] {
    const uses = reachableHosts(catalogue).flatMap((reached) =>
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
 * Matches one host as the gateway sees it: by the Host header if it sees requests, otherwise by the SNI of the mesh's
 * mutual TLS, by which the gateway routes.
 */
function toHost({ host: { host, port, tls } }: ReachableHost): Rule {
    const ports = [String(port)];
    return tls === "originate"
        ? { to: [{ operation: { ports, hosts: [host, `${host}:*`] } }] }
        : { to: [{ operation: { ports } }], when: [{ key: "connection.sni", values: [host] }] };
}
