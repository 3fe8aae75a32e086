import { own, sortedEntries } from "../../catalogue/order";
import type { Fault } from "../../config/traffic";
import { envoyFilter, type EnvoyPatch } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

/** What Envoy counts a share of requests in. */
const MILLION = 1_000_000;

/**
 * Failures on purpose, in the service's own sidecar. A VirtualService would put them into the callers', and Envoy
 * applies neither timeout nor retries to a fault that the caller's own proxy makes: a rehearsal of nothing.
 */
export function faults({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    return sortedEntries(config.traffic.services).flatMap(([name, { fault }]) => {
        const service = own(catalogue.services, name);
        if (fault === undefined || service === undefined) return [];
        const numbers = Object.values(service.ports)
            .filter(({ protocol }) => protocol !== "tcp")
            .map(({ number }) => number)
            .sort((a, b) => a - b);
        return [
            envoyFilter({
                name: `${name}-fault`,
                namespace: NAMESPACES.services,
                workload: name,
                patches: numbers.map((number) => patch(number, fault)),
            }),
        ];
    });
}

/** Not on the health port: a rehearsal must not have pods killed. */
function patch(port: number, fault: Fault): EnvoyPatch {
    return {
        applyTo: "HTTP_FILTER",
        match: {
            context: "SIDECAR_INBOUND",
            listener: {
                filterChain: {
                    destinationPort: port,
                    filter: {
                        name: "envoy.filters.network.http_connection_manager",
                        subFilter: { name: "envoy.filters.http.router" },
                    },
                },
            },
        },
        patch: {
            operation: "INSERT_BEFORE",
            value: {
                name: "envoy.filters.http.fault",
                typed_config: {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
                    ...(fault.delay === undefined
                        ? {}
                        : {
                              delay: {
                                  fixed_delay: seconds(fault.delay.time),
                                  percentage: share(fault.delay.percent),
                              },
                          }),
                    ...(fault.abort === undefined
                        ? {}
                        : {
                              abort: {
                                  http_status: fault.abort.status,
                                  percentage: share(fault.abort.percent),
                              },
                          }),
                },
            },
        },
    };
}

function share(percent: number) {
    return { numerator: Math.round((percent / 100) * MILLION), denominator: "MILLION" };
}

/** Envoy's own form of a time knows seconds only. */
function seconds(time: string): string {
    const amount = Number.parseFloat(time);
    return `${time.endsWith("ms") ? amount / 1000 : amount}s`;
}
