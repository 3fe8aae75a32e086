import { milliseconds } from "../../catalogue/durations";
import { own, sortedEntries } from "../../catalogue/order";
import type { Fault } from "../../config/traffic";
import { beforeRouter, envoyFilter, type EnvoyPatch, typed } from "../base/envoy-filter";
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
function patch(port: number, { delay, abort }: Fault): EnvoyPatch {
    const value = {
        ...(delay === undefined
            ? {}
            : { delay: { fixed_delay: seconds(delay.time), percentage: share(delay.percent) } }),
        ...(abort === undefined
            ? {}
            : { abort: { http_status: abort.status, percentage: share(abort.percent) } }),
    };
    return beforeRouter(
        { context: "SIDECAR_INBOUND", destinationPort: port },
        "envoy.filters.http.fault",
        typed("filters.http.fault.v3.HTTPFault", value),
    );
}

function share(percent: number) {
    return { numerator: Math.round((percent / 100) * MILLION), denominator: "MILLION" };
}

/** Envoy's own form of a time knows seconds only. */
function seconds(time: string): string {
    return `${(milliseconds(time) ?? 0) / 1000}s`;
}
