/** Evaluates AuthorizationPolicy rules for the simulated mesh. */
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

/** The fields that the simulation reads, of any kind. */
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

/** An inbound request: caller, workload and operation. */
export interface InboundRequest {
    readonly principal: string | undefined;
    readonly namespace: string;
    readonly workload: string;
    readonly port: number;
    readonly host?: string;
    /** The TLS server name of a connection. */
    readonly sni?: string;
    readonly request: WireRequest;
    /** Set only at a gateway. */
    readonly token?: AtGateway;
}

export function matches({ from, to, when = [] }: Rule, arrival: InboundRequest): boolean {
    const { principal, port, host, request, token } = arrival;
    const [method, path] = line(request);
    const fromMatches = from?.some(
        // The client is assumed to be in the listed networks.
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

/** Conditions on SNI and on claims (a string or a list). A header condition, for CORS preflights, never holds. */
function holds(
    { key, values = [], notValues = [] }: NonNullable<Rule["when"]>[number],
    { sni, token }: InboundRequest,
): boolean {
    if (key === "connection.sni") {
        const isOne = (names: readonly string[]) =>
            sni !== undefined && (names.includes(sni) || names.includes("*"));
        return (values.length === 0 || isOne(values)) && !isOne(notValues);
    }
    const claim = /^request\.auth\.claims\[(\w+)\]$/.exec(key)?.[1];
    const claimValue = claim === undefined ? undefined : token?.claims[claim];
    return [claimValue ?? []].flat().some((one) => values.includes(one));
}

/** Istio's path templates: `{*}` matches one segment, `{**}` any number. */
function isPathOf(template: string, path: string): boolean {
    const templateSegments = template.split("/");
    const segments = path.split("/");
    if (templateSegments.at(-1) === "{**}")
        return templateSegments.slice(0, -1).every((segment, index) => one(segment, segments[index]));
    return (
        templateSegments.length === segments.length &&
        templateSegments.every((segment, index) => one(segment, segments[index]))
    );
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

/** Whether the client offers no TLS version that the server accepts. */
export function isTooOld(offered: string | undefined, { tls }: Server): boolean {
    const minVersion = tls?.minProtocolVersion?.replace("TLSV", "").replace("_", ".") ?? "1.0";
    return offered !== undefined && offered < minVersion;
}

/** Sorts policies with a selector before those for the whole namespace. */
export function bySelector(a: Spec, b: Spec): number {
    return Number(b.selector !== undefined) - Number(a.selector !== undefined);
}
