/** How outside parties are spoken to: TLS, breakers, timeouts, limits. Their hosts' names are checked with all hosts. */

import { milliseconds } from "../durations";
import type { Catalogue, ExternalGroup } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";

/** Istio's proxies listen in this range, the egress gateway's on the ports of the hosts besides. */
const PROXY_PORTS = { first: 15000, last: 15999 };

/** TLS that nobody can originate, ports that cannot be served, and numbers and times that mean nothing. */
export function checkExternal(catalogue: Catalogue): Problem[] {
    return sortedEntries(catalogue.external).flatMap(([name, group]) => [
        ...hostProblems(name, group),
        ...timeProblems(name, group),
        ...numberProblems(name, group),
    ]);
}

function hostProblems(name: string, { hosts }: ExternalGroup): Problem[] {
    const originated = new Map<string, number>();
    return hosts.flatMap(({ host, port, protocol, tls }, index) => {
        const where = `external.${name}.hosts[${index}] → ${host}`;
        const problems: Problem[] = [];
        if (port >= PROXY_PORTS.first && port <= PROXY_PORTS.last) {
            problems.push({
                rule: "reserved-port",
                where,
                message: `${host} is asked on ${port}, and Istio's proxies themselves use ${PROXY_PORTS.first} to ${PROXY_PORTS.last}`,
                remedy: "Ask it on another port: the egress gateway cannot serve this one.",
            });
        }
        if (tls !== "originate") return problems;
        if (protocol !== "https") {
            problems.push({
                rule: "originate-not-https",
                where,
                message: `the egress gateway is to speak TLS with ${host}, whose protocol is ${protocol}`,
                remedy: 'Let the caller speak it (tls: "passthrough"), or say protocol: "https".',
            });
        }
        const other = originated.get(host);
        if (other !== undefined) {
            problems.push({
                rule: "originated-twice",
                where,
                message: `callers ask ${host} on port 80, which cannot lead to both ${other} and ${port}`,
                remedy: "Let the gateway speak TLS with one of its ports only.",
            });
        }
        originated.set(host, port);
        return problems;
    });
}

function timeProblems(name: string, { timeout, breaker }: ExternalGroup): Problem[] {
    const times = { timeout, "breaker.pause": breaker?.pause };
    return Object.entries(times).flatMap(([key, time]): Problem[] => {
        if (time === undefined || (milliseconds(time) ?? 0) > 0) return [];
        return [
            {
                rule: "malformed-duration",
                where: `external.${name}.${key}`,
                message: `"${time}" is no time above zero`,
                remedy: "Write it as 250ms, 2s, 5m or 1h.",
            },
        ];
    });
}

function numberProblems(name: string, { breaker, limit }: ExternalGroup): Problem[] {
    const numbers = {
        "breaker.connections": breaker?.connections,
        "breaker.failures": breaker?.failures,
        "limit.requests": limit?.requests,
    };
    return Object.entries(numbers).flatMap(([key, number]): Problem[] => {
        if (number === undefined || (Number.isInteger(number) && number > 0)) return [];
        return [
            {
                rule: "not-a-count",
                where: `external.${name}.${key}`,
                message: `${number} would let nothing through, or means nothing`,
                remedy: "Write a whole number from 1.",
            },
        ];
    });
}
