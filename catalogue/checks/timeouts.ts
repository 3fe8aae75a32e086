/** Nobody waits longer than their own caller does: the answer would come when nobody is there to hear it. */

import { milliseconds } from "../durations";
import type { Catalogue, GrpcPort } from "../model";
import type { Problem } from "./problem";
import { list } from "./problem";
import { callSites, exposureSites } from "./sites";
import type { CallSite, ExposureSite } from "./sites";

/** Timeouts that outlast the caller's, and streams where there can be none. */
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
            // Not so for HTTP: a gateway's clients may well wait for long, as players of HLS do.
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

/** Somebody who waits for a service. */
interface Wait {
    readonly who: string;
    readonly at: string;
    readonly timeout: string;
    readonly time: number;
}

/** For each service, the shortest time for which anyone waits for it; none if all who wait do so for ever. */
function shortestWaits(
    calls: readonly CallSite[],
    exposures: readonly ExposureSite[],
): ReadonlyMap<string, Wait> {
    const shortest = new Map<string, Wait>();
    const add = (service: string, wait: Omit<Wait, "time">) => {
        const time = milliseconds(wait.timeout);
        // A wait of no time at all is a problem of its own.
        if (!time || time >= (shortest.get(service)?.time ?? Infinity)) return;
        shortest.set(service, { ...wait, time });
    };
    for (const { caller, call, at } of calls) {
        if (call.to !== caller) add(call.to, { who: caller, at, timeout: call.timeout });
    }
    for (const { name, exposure, at } of exposures) {
        add(name, { who: `a client of the host ${exposure.host}`, at, timeout: exposure.timeout });
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
                `but ${shortest.who} waits only ${shortest.timeout} for ${caller}`,
            remedy: `Wait less than ${shortest.timeout} here, or longer at ${shortest.at}.`,
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
                `but ${shortest.who} waits only ${shortest.timeout} for ${caller}`,
            remedy: `Give the call a timeout below ${shortest.timeout}, or make ${shortest.at} a stream too.`,
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
            message: `${caller} holds a stream to ${call.to}, but its port ${call.port} answers HTTP requests, one by one`,
            remedy: "Give the call a timeout.",
        },
    ];
}

function notStreamingMethods(
    { methods, service, streaming = [] }: GrpcPort,
    asked: readonly string[] = [],
    who: string,
    where: string,
): Problem[] {
    const single = asked.filter((method) => methods.includes(method) && !streaming.includes(method));
    if (single.length === 0) return [];
    return [
        {
            rule: "not-a-stream",
            where,
            message: `${who} holds a stream to ${service}, whose ${list(single)} ${single.length > 1 ? "are" : "is"} no stream`,
            remedy: "Ask for it in a call of its own, with a timeout; or list it among the port's streaming methods.",
        },
    ];
}
