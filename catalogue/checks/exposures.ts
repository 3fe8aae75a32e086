/** Settings of exposures: the gateway's port, scopes, tenant paths, CORS. */

import { METHODS } from "../methods";
import type { Catalogue, Cors, Request, Scoped } from "../model";
import { withWildcardFor } from "../path-template";
import { isPath, overlap } from "../requests";
import { OPERATION_FIELD } from "./port-uses";
import type { Problem } from "./problem";
import { didYouMean, list } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";
import { GATEWAY_PORTS, PROXY_PORTS, isProxyPort } from "../reserved-ports";

/** Ports that the gateways use themselves. */
const RESERVED_GATEWAY_PORTS: readonly number[] = [GATEWAY_PORTS.http, GATEWAY_PORTS.https];

/** Settings that are impossible or have no effect. */
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
                message: `the host ${host} has listen: ${listen}, but the gateway distinguishes HTTP hosts by name`,
                remedy: "Remove listen: only TCP hosts need a separate port.",
            },
        ];
    }
    if (listen === undefined) {
        return [
            {
                rule: "no-listen",
                where,
                message: `the host ${host} leads to a TCP port, but has no listen port at the gateway`,
                remedy: "Set listen to the registered port of the protocol over TLS, such as 8883 for MQTT.",
            },
        ];
    }
    if (!isProxyPort(listen) && !RESERVED_GATEWAY_PORTS.includes(listen)) return [];
    return [
        {
            rule: "listen-port",
            where,
            message: `the host ${host} has listen: ${listen}, a port that the gateway uses itself`,
            remedy: `Use a port other than ${list(RESERVED_GATEWAY_PORTS.map(String))} and ${PROXY_PORTS.first} to ${PROXY_PORTS.last}.`,
        },
    ];
}

/** Without SNI, the gateway cannot distinguish hosts, so the port must have exactly one. */
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
                `the host ${host} has withoutSni, but shares its port with the gateway's other HTTP hosts`,
                "Remove withoutSni: only TCP hosts can have a port of the gateway to themselves.",
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
            `the host ${host} has withoutSni, but ${list(others.map((other) => other.host))} uses the same port ${listen} of the gateway ${gateway}`,
            "Choose different listen ports, or remove withoutSni.",
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
    const field = OPERATION_FIELD[port.protocol];
    if (exposure.authentication !== "jwt" || field === undefined) {
        return [
            problem(
                `the host ${host} has scopes, but ${field === undefined ? "the gateway cannot distinguish its requests" : "does not authenticate by JWT"}`,
                'Set authentication: "jwt" and expose an HTTP or gRPC port, or remove scopes.',
            ),
        ];
    }
    const exposed: readonly string[] = exposure[field] ?? [];
    const scoped = scopes.flatMap((one) => one[field] ?? []);
    return [
        ...scopes
            .filter((one) => (one[field] ?? []).length === 0)
            .map(({ scope }) =>
                problem(
                    `the host ${host} has the scope ${scope} without ${field}`,
                    `List the ${field} that require it.`,
                ),
            ),
        ...scoped
            .filter((one) => !exposed.includes(one))
            .map((one) =>
                problem(
                    `the host ${host} has a scope for ${one}, which its ${field} do not list literally`,
                    didYouMean(one, exposed, `It exposes ${list(exposed)}.`),
                ),
            ),
        ...openElsewhere(site, scopes).map(({ scope, one, other }) =>
            problem(
                `the host ${host} requires the scope ${scope} for ${one}, but the overlapping ${other} requires another scope or none`,
                "Require the same scope for both, or make them disjoint.",
            ),
        ),
    ];
}

/** Scoped requests that an overlapping request of the host allows without the scope. */
function openElsewhere(
    { exposure, port }: ExposureSite,
    scopes: readonly Scoped[],
): { scope: string; one: string; other: string }[] {
    const scopesOf = (operation: string) =>
        scopes
            .filter(({ requests = [], methods = [] }) =>
                [...requests, ...methods].some((one) => one === operation),
            )
            .map(({ scope }) => scope);
    const overlaps = (a: string, b: string) =>
        port?.protocol === "http" ? overlap(a as Request, b as Request) : a === b;
    const exposed: readonly string[] = exposure.requests ?? exposure.methods ?? [];
    return scopes.flatMap(({ scope, requests = [], methods = [] }) =>
        [...requests, ...methods].flatMap((one) =>
            exposed
                .filter((other) => overlaps(one, other) && scopesOf(other).join() !== scope)
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
                `the host ${host} has tenantPaths, but ${port.protocol === "http" ? "does not authenticate by JWT" : "is not an HTTP host"}`,
                'Set authentication: "jwt" and expose an HTTP port, or remove tenantPaths.',
            ),
        ];
    }
    return tenantPaths.flatMap((path) => {
        const template = withWildcardFor(path, "tenant");
        if (template === undefined || !isPath(template)) {
            return [
                problem(
                    `the host ${host} has the tenant path "${path}", which is not a path with one {tenant}`,
                    "Write a path with a leading slash, {tenant} as one whole segment, and {*} and {**} as in requests.",
                ),
            ];
        }
        const exposed = METHODS.some((verb) =>
            requests.some((request) => overlap(request, `${verb} ${template}` as Request)),
        );
        if (exposed) return [];
        return [
            problem(
                `the host ${host} has the tenant path ${path}, which it does not expose`,
                `Correct or remove it. The host exposes ${list(requests)}.`,
            ),
        ];
    });
}

function corsProblems({ exposure: { host, cors }, port, where }: ExposureSite): Problem[] {
    if (port === undefined || cors === undefined || cors === false) return [];
    if (port.protocol === "http") return cors === true ? [] : repeatedCorsValues(host, cors, where);
    return [
        {
            rule: "cors",
            where,
            message: `the host ${host} has cors, but is not an HTTP host`,
            remedy: "Remove cors: browsers send CORS requests to HTTP hosts only.",
        },
    ];
}

function repeatedCorsValues(host: string, cors: Cors, where: string): Problem[] {
    return (["methods", "headers", "exposedHeaders"] as const).flatMap((field) => {
        const names: readonly string[] = cors[field] ?? [];
        return names
            .filter((name, index) => names.indexOf(name) !== index)
            .map((name) => ({
                rule: "cors",
                where,
                message: `the host ${host} lists ${name} twice in cors.${field}`,
                remedy: "Remove the duplicate.",
            }));
    });
}
