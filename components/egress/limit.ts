import { SECONDS_PER } from "../../catalogue/durations";
import type { Rate } from "../../catalogue/model";
import type { ReachableHost } from "../../catalogue/query";
import { beforeRouter, envoyFilter, type EnvoyPatch as Patch, typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES } from "../base/names";
import { type EgressHost, originatesTls } from "./host";

/**
 * The rate limit of each egress gateway replica for a host. Excess requests get 429; requests that a policy denies do
 * not count. Excess connections are closed; a connection counts when it opens, before the policy applies to its first
 * byte.
 */
export function limit({ name, ports }: EgressHost): EnvoyFilterManifest[] {
    const rate = ports[0].group.rateLimit;
    if (rate === undefined) return [];
    return [
        envoyFilter({
            name: `limit-${name}`,
            namespace: NAMESPACES.egress,
            workload: EGRESS_GATEWAY,
            patches: ports.map((reached) =>
                originatesTls(reached) ? ofRequests(reached, rate) : ofConnections(reached, rate),
            ),
        }),
    ];
}

function ofRequests({ host: { host, port } }: ReachableHost, rate: Rate): Patch {
    const always = { default_value: { numerator: 100, denominator: "HUNDRED" } };
    return beforeRouter(
        { context: "GATEWAY", portNumber: port, sni: host },
        "envoy.filters.http.local_ratelimit",
        typed("filters.http.local_ratelimit.v3.LocalRateLimit", {
            stat_prefix: "egress_limit",
            token_bucket: bucket(rate),
            filter_enabled: always,
            filter_enforced: always,
        }),
    );
}

function ofConnections({ host: { host, port } }: ReachableHost, rate: Rate): Patch {
    return {
        applyTo: "NETWORK_FILTER",
        match: {
            context: "GATEWAY",
            listener: {
                portNumber: port,
                filterChain: { sni: host, filter: { name: "envoy.filters.network.tcp_proxy" } },
            },
        },
        patch: {
            operation: "INSERT_BEFORE",
            value: {
                name: "envoy.filters.network.local_ratelimit",
                typed_config: typed("filters.network.local_ratelimit.v3.LocalRateLimit", {
                    stat_prefix: "egress_limit",
                    token_bucket: bucket(rate),
                }),
            },
        },
    };
}

/** The whole amount can be used at once, and is refilled at the end of the interval. */
function bucket({ requests, per }: Rate) {
    return { max_tokens: requests, tokens_per_fill: requests, fill_interval: `${SECONDS_PER[per]}s` };
}
