import { milliseconds } from "../../catalogue/durations";
import { getOwn, sortedEntries } from "../../catalogue/order";
import type { Fault } from "../../config/traffic";
import { beforeRouter, envoyFilter, type EnvoyPatch, typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

/** The denominator of Envoy's fractions. */
const MILLION = 1_000_000;

/**
 * Fault injection, in the service's sidecar. A VirtualService would inject the fault in the callers' proxies, and
 * Envoy applies neither timeout nor retries to a fault of the same proxy, so it would test nothing.
 */
export function faults({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    return sortedEntries(config.traffic.services).flatMap(([name, { fault }]) => {
        const service = getOwn(catalogue.services, name);
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

/** Not on the health port: fault injection must not make the kubelet kill pods. */
function patch(port: number, { delay, abort }: Fault): EnvoyPatch {
    const value = {
        ...(delay === undefined
            ? {}
            : { delay: { fixed_delay: seconds(delay.fixedDelay), percentage: share(delay.percent) } }),
        ...(abort === undefined
            ? {}
            : { abort: { http_status: abort.httpStatus, percentage: share(abort.percent) } }),
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

/** Envoy's duration format only has seconds. */
function seconds(time: string): string {
    return `${(milliseconds(time) ?? 0) / 1000}s`;
}
