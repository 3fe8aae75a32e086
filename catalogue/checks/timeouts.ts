/** A call's timeout must be shorter than its caller's: the caller would not wait for a later response. */

import { milliseconds } from "../durations";
import type { Catalogue, GrpcPort } from "../model";
import type { Problem } from "./problem";
import { list } from "./problem";
import { callSites, exposureSites } from "./sites";
import type { CallSite, ExposureSite } from "./sites";

/** Timeouts that are not below the caller's, and streams on ports that cannot stream. */
export function checkTimeouts(catalogue: Catalogue): Problem[] {
    const [calls, exposures] = [callSites(catalogue), exposureSites(catalogue)];
    const shortest = shortestWaits(calls, exposures);
    return [
        ...calls.flatMap((site) => [
            ...(site.call.timeout === "stream"
                ? [...notStreaming(site), ...outlivesCaller(site, shortest.get(site.caller))]
                : outlastsCaller(site, shortest.get(site.caller))),
        ]),
        ...exposures.flatMap((site) => [
            // HTTP is exempt: a gateway's clients can wait for long, as players of low-latency HLS do.
            ...(site.exposure.timeout === "stream" && site.port?.protocol === "grpc"
                ? notStreamingMethods(
                      site.port,
                      site.exposure.methods,
                      `the host ${site.exposure.host}`,
                      site.where,
                  )
                : []),
        ]),
    ];
}

/** A caller or client with a timeout for a service. */
interface Wait {
    readonly waiter: string;
    readonly at: string;
    readonly timeout: string;
    readonly time: number;
}

/** The shortest timeout of any caller, for each service; none if all calls are streams. */
function shortestWaits(
    calls: readonly CallSite[],
    exposures: readonly ExposureSite[],
): ReadonlyMap<string, Wait> {
    const shortest = new Map<string, Wait>();
    const add = (service: string, wait: Omit<Wait, "time">) => {
        const time = milliseconds(wait.timeout);
        // Another check reports zero timeouts.
        if (!time || time >= (shortest.get(service)?.time ?? Infinity)) return;
        shortest.set(service, { ...wait, time });
    };
    for (const { caller, call, at } of calls) {
        if (call.to !== caller) add(call.to, { waiter: caller, at, timeout: call.timeout });
    }
    for (const { name, exposure, at } of exposures) {
        add(name, { waiter: `a client of the host ${exposure.host}`, at, timeout: exposure.timeout });
    }
    return shortest;
}

function outlastsCaller({ caller, call, where }: CallSite, shortest: Wait | undefined): Problem[] {
    const time = milliseconds(call.timeout);
    if (shortest === undefined || time === undefined || time < shortest.time) return [];
    return [
        {
            rule: "timeout-outlasts-caller",
            where,
            message:
                `${caller} waits ${call.timeout} for ${call.to}, ` +
                `but ${shortest.waiter} waits only ${shortest.timeout} for ${caller}`,
            remedy: `Set a timeout below ${shortest.timeout} here, or a longer one at ${shortest.at}.`,
        },
    ];
}

function outlivesCaller({ caller, call, where }: CallSite, shortest: Wait | undefined): Problem[] {
    if (shortest === undefined) return [];
    return [
        {
            rule: "stream-outlives-caller",
            where,
            message:
                `${caller} holds a stream to ${call.to}, ` +
                `but ${shortest.waiter} waits only ${shortest.timeout} for ${caller}`,
            remedy: `Set a timeout below ${shortest.timeout}, or make ${shortest.at} a stream too.`,
        },
    ];
}

function notStreaming({ caller, call, port, where }: CallSite): Problem[] {
    if (port?.protocol === "grpc") return notStreamingMethods(port, call.methods, caller, where);
    if (port?.protocol !== "http") return [];
    return [
        {
            rule: "not-a-stream",
            where,
            message: `${caller} holds a stream to ${call.to}, but its port ${call.port} serves single HTTP requests`,
            remedy: "Set a timeout.",
        },
    ];
}

function notStreamingMethods(
    { methods, service, streaming = [] }: GrpcPort,
    operations: readonly string[] = [],
    caller: string,
    where: string,
): Problem[] {
    const unary = operations.filter((method) => methods.includes(method) && !streaming.includes(method));
    if (unary.length === 0) return [];
    return [
        {
            rule: "not-a-stream",
            where,
            message: `${caller} holds a stream to ${service}, but ${list(unary)} ${unary.length > 1 ? "do" : "does"} not stream`,
            remedy: "Move it to a separate call with a timeout, or add it to the port's streaming methods.",
        },
    ];
}
