/** What an exposure says besides what it opens: its port at the gateway, its scopes, its tenants, its pages. */

import { METHODS } from "../methods";
import type { Catalogue, Cors, Request, Scoped } from "../model";
import { unnamed } from "../path-template";
import { isPath, overlap } from "../requests";
import { FIELD } from "./asking";
import type { Problem } from "./problem";
import { didYouMean, list } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";

/** The gateways' own ports, and the range of the proxy's. */
const TAKEN = [80, 443];
const PROXY_PORTS = { first: 15000, last: 15999 };

/** Ports of gateways, scopes, tenants' paths and browsers' pages that cannot be, or would do nothing. */
export function checkExposures(catalogue: Catalogue): Problem[] {
    return exposureSites(catalogue).flatMap((site) => [
        ...listenProblems(site),
        ...namelessProblems(site, catalogue),
        ...scopeProblems(site),
        ...tenantPathProblems(site),
        ...corsProblems(site),
    ]);
}

function listenProblems({ exposure: { host, listen }, port, where }: ExposureSite): Problem[] {
    if (port === undefined) return [];
    if (port.protocol !== "tcp") {
        if (listen === undefined) return [];
        return [
            {
                rule: "needless-listen",
                where,
                message: `the host ${host} is to be served on port ${listen}, but it is told apart from others by its name`,
                remedy: "Remove listen: only what is not HTTP needs a port of its own.",
            },
        ];
    }
    if (listen === undefined) {
        return [
            {
                rule: "no-listen",
                where,
                message: `the host ${host} leads to a TCP port, and does not say on which port of the gateway`,
                remedy: "Say listen: the port that is registered for the protocol over TLS, such as 8883 for MQTT.",
            },
        ];
    }
    const proxys = listen >= PROXY_PORTS.first && listen <= PROXY_PORTS.last;
    if (!proxys && !TAKEN.includes(listen)) return [];
    return [
        {
            rule: "listen-port",
            where,
            message: `the host ${host} is to be served on port ${listen}, which a gateway cannot give it`,
            remedy: `Use a port from 1 to 65535 other than ${list(TAKEN.map(String))}, and none from ${PROXY_PORTS.first} to ${PROXY_PORTS.last}.`,
        },
    ];
}

/** A handshake that names no host can be for one only: of a port where others are told apart by it, for none. */
function namelessProblems({ exposure, port, where, at }: ExposureSite, catalogue: Catalogue): Problem[] {
    const { host, listen, gateway, withoutSni = false } = exposure;
    if (!withoutSni || port === undefined) return [];
    const problem = (message: string, remedy: string): Problem => ({
        rule: "without-sni",
        where,
        message,
        remedy,
    });
    if (port.protocol !== "tcp") {
        return [
            problem(
                `the host ${host} accepts clients that name no host, but shares its port with the gateway's other HTTP hosts`,
                "Remove withoutSni: only a TCP port of the gateway can belong to one host.",
            ),
        ];
    }
    const others = exposureSites(catalogue)
        .filter((other) => other.at !== at && other.port?.protocol === "tcp")
        .map((other) => other.exposure)
        .filter((other) => other.gateway === gateway && other.listen === listen);
    if (others.length === 0) return [];
    return [
        problem(
            `the host ${host} accepts clients that name no host, but ${list(others.map((other) => other.host))} has the same port ${listen} of the gateway ${gateway}`,
            "Give each a port of its own, or remove withoutSni.",
        ),
    ];
}

function scopeProblems(site: ExposureSite): Problem[] {
    const { exposure, port, where } = site;
    const { host, scopes = [] } = exposure;
    if (port === undefined || scopes.length === 0) return [];
    const problem = (message: string, remedy: string): Problem => ({
        rule: "scopes",
        where,
        message,
        remedy,
    });
    const field = FIELD[port.protocol];
    if (exposure.authentication !== "jwt" || field === undefined) {
        return [
            problem(
                `the host ${host} asks for scopes, but ${field === undefined ? "its requests cannot be told apart" : "takes no token"}`,
                "Have it take a JWT on an HTTP or gRPC port, or remove the scopes.",
            ),
        ];
    }
    const asked: readonly string[] = exposure[field] ?? [];
    const scoped = scopes.flatMap((one) => one[field] ?? []);
    return [
        ...scopes
            .filter((one) => (one[field] ?? []).length === 0)
            .map(({ scope }) =>
                problem(
                    `the host ${host} asks for the scope ${scope} for nothing`,
                    `List the ${field} that take it.`,
                ),
            ),
        ...scoped
            .filter((one) => !asked.includes(one))
            .map((one) =>
                problem(
                    `the host ${host} asks for a scope for ${one}, which it does not expose in these words`,
                    didYouMean(one, asked, `It exposes ${list(asked)}.`),
                ),
            ),
        ...openElsewhere(site, scopes).map(({ scope, one, other }) =>
            problem(
                `the host ${host} asks for the scope ${scope} for ${one}, but ${other} stands for the same, and asks for another or none`,
                "Ask for one scope for both, or divide what they stand for.",
            ),
        ),
    ];
}

/** Scoped requests that another of the host's lets pass: of two that stand for the same, the weaker decides. */
function openElsewhere(
    { exposure, port }: ExposureSite,
    scopes: readonly Scoped[],
): { scope: string; one: string; other: string }[] {
    const scopesOf = (asked: string) =>
        scopes
            .filter(({ requests = [], methods = [] }) =>
                [...requests, ...methods].some((one) => one === asked),
            )
            .map(({ scope }) => scope);
    const same = (a: string, b: string) =>
        port?.protocol === "http" ? overlap(a as Request, b as Request) : a === b;
    const asked: readonly string[] = exposure.requests ?? exposure.methods ?? [];
    return scopes.flatMap(({ scope, requests = [], methods = [] }) =>
        [...requests, ...methods].flatMap((one) =>
            asked
                .filter((other) => same(one, other) && scopesOf(other).join() !== scope)
                .map((other) => ({ scope, one, other })),
        ),
    );
}

function tenantPathProblems({ exposure, port, where }: ExposureSite): Problem[] {
    const { host, tenantPaths = [], requests = [] } = exposure;
    if (port === undefined || tenantPaths.length === 0) return [];
    const problem = (message: string, remedy: string): Problem => ({
        rule: "tenant-path",
        where,
        message,
        remedy,
    });
    if (port.protocol !== "http" || exposure.authentication !== "jwt") {
        return [
            problem(
                `the host ${host} has paths that name a tenant, but ${port.protocol === "http" ? "takes no token that names one too" : "is no HTTP host"}`,
                "Have it take a JWT on an HTTP port, or remove the tenantPaths.",
            ),
        ];
    }
    return tenantPaths.flatMap((path) => {
        const plain = unnamed(path, "tenant");
        if (plain === undefined || !isPath(plain)) {
            return [
                problem(
                    `the host ${host} names a tenant at "${path}", which is no path with one {tenant}`,
                    "Write the path from its slash on, {tenant} for one whole segment, {*} and {**} as in requests.",
                ),
            ];
        }
        const exposed = METHODS.some((verb) =>
            requests.some((request) => overlap(request, `${verb} ${plain}` as Request)),
        );
        if (exposed) return [];
        return [
            problem(
                `the host ${host} names a tenant at ${path}, which it does not expose`,
                `Remove it, or correct it: the host exposes ${list(requests)}.`,
            ),
        ];
    });
}

function corsProblems({ exposure: { host, cors }, port, where }: ExposureSite): Problem[] {
    if (port === undefined || cors === undefined || cors === false) return [];
    if (port.protocol === "http") return cors === true ? [] : corsDoubles(host, cors, where);
    return [
        {
            rule: "cors",
            where,
            message: `the host ${host} is open to pages of other origins, but is no HTTP host`,
            remedy: "Remove cors: browsers ask only HTTP hosts whether they may.",
        },
    ];
}

function corsDoubles(host: string, cors: Cors, where: string): Problem[] {
    return (["methods", "headers", "exposedHeaders"] as const).flatMap((field) => {
        const names: readonly string[] = cors[field] ?? [];
        return names
            .filter((name, index) => names.indexOf(name) !== index)
            .map((name) => ({
                rule: "cors",
                where,
                message: `the host ${host} lists ${name} twice in cors.${field}`,
                remedy: "Remove one.",
            }));
    });
}
