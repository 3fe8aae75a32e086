/** How a rule of an AuthorizationPolicy is read, for the simulated mesh. */
import type { WireRequest } from "../../cli/verify/model";
import type { VirtualServiceManifest } from "../../components/base/manifest";
import type { AtGateway } from "./simulated-edge";

interface Operation {
    readonly ports?: readonly string[];
    readonly hosts?: readonly string[];
    readonly methods?: readonly string[];
    readonly paths?: readonly string[];
}

export interface Rule {
    readonly from?: readonly {
        readonly source: {
            readonly principals?: readonly string[];
            readonly requestPrincipals?: readonly string[];
        };
    }[];
    readonly when?: readonly {
        readonly key: string;
        readonly values?: readonly string[];
        readonly notValues?: readonly string[];
    }[];
    readonly to?: readonly { readonly operation: Operation }[];
}

/** What of an object the simulation reads, whatever its kind. */
export interface Spec {
    readonly selector?: unknown;
    readonly action?: string;
    readonly rules?: readonly Rule[];
    readonly mtls?: { readonly mode: string };
    readonly portLevelMtls?: Readonly<Record<string, { readonly mode: string }>>;
    readonly egress?: readonly { readonly hosts: readonly string[] }[];
    readonly hosts?: readonly string[];
    readonly exportTo?: readonly string[];
    readonly servers?: readonly Server[];
    readonly http?: VirtualServiceManifest["spec"]["http"];
}
export interface Server {
    readonly port: { readonly number: number };
    readonly hosts: readonly string[];
    readonly tls?: {
        readonly httpsRedirect?: boolean;
        readonly minProtocolVersion?: string;
        readonly mode?: string;
    };
}

/** Who arrives where, to ask what. */
export interface Arrival {
    readonly principal: string | undefined;
    readonly namespace: string;
    readonly workload: string;
    readonly port: number;
    readonly host?: string;
    /** The name in a connection's TLS. */
    readonly sni?: string;
    readonly request: WireRequest;
    /** Only at a gateway. */
    readonly token?: AtGateway;
}

export function matches({ from, to, when = [] }: Rule, arrival: Arrival): boolean {
    const { principal, port, host, request, token } = arrival;
    const [method, path] = line(request);
    const fromMatches = from?.some(
        // The client is taken to be in the networks that are listed.
        ({ source: { principals, requestPrincipals } }) =>
            (principals === undefined || (principal !== undefined && principals.includes(principal))) &&
            (requestPrincipals?.some((one) => isPrincipal(one, token?.requestPrincipal)) ?? true),
    );
    const toMatches = to?.some(
        ({ operation: { ports, hosts, methods, paths } }) =>
            (ports?.includes(String(port)) ?? true) &&
            (hosts?.includes(host ?? "") ?? true) &&
            (methods?.includes(method) ?? true) &&
            (paths?.some((template) => isPathOf(template, path)) ?? true),
    );
    return (
        (fromMatches ?? true) && (toMatches ?? true) && when.every((condition) => holds(condition, arrival))
    );
}

function isPrincipal(pattern: string, principal: string | undefined): boolean {
    return principal?.startsWith(pattern.replace(/\*$/, "")) ?? false;
}

/** A name in TLS, or a claim, alone or in a list; of headers, whose conditions are a preflight's, none is asked for. */
function holds(
    { key, values = [], notValues = [] }: NonNullable<Rule["when"]>[number],
    { sni, token }: Arrival,
): boolean {
    if (key === "connection.sni") {
        const isOne = (names: readonly string[]) =>
            sni !== undefined && (names.includes(sni) || names.includes("*"));
        return (values.length === 0 || isOne(values)) && !isOne(notValues);
    }
    const claim = /^request\.auth\.claims\[(\w+)\]$/.exec(key)?.[1];
    const found = claim === undefined ? undefined : token?.claims[claim];
    return [found ?? []].flat().some((one) => values.includes(one));
}

/** Istio's path templates: `{*}` is one segment, `{**}` any number of them. */
function isPathOf(template: string, path: string): boolean {
    const own = template.split("/");
    const other = path.split("/");
    if (own.at(-1) === "{**}") return own.slice(0, -1).every((segment, index) => one(segment, other[index]));
    return own.length === other.length && own.every((segment, index) => one(segment, other[index]));
}

function one(segment: string, other: string | undefined): boolean {
    return segment === "{*}" ? other !== undefined && other !== "" : segment === other;
}

export function line(request: WireRequest): [method: string, path: string] {
    switch (request.protocol) {
        case "http":
            return [request.method, request.path];
        case "grpc":
            return ["POST", request.method];
        case "ws":
            return ["GET", request.path];
        case "tcp":
            return ["", ""];
    }
}

/** Whether a client offers no version of TLS that the server takes. */
export function isTooOld(offered: string | undefined, { tls }: Server): boolean {
    const least = tls?.minProtocolVersion?.replace("TLSV", "").replace("_", ".") ?? "1.0";
    return offered !== undefined && offered < least;
}

/** A policy with a selector comes before one for the whole namespace. */
export function bySelector(a: Spec, b: Spec): number {
    return Number(b.selector !== undefined) - Number(a.selector !== undefined);
}
