/**
 * A small stand-in for Istio: what the wire would show if a cluster held exactly `objects`. It reads the rendered
 * policies only, so that what they really say is compared with what the checks expect of them.
 */
import { type KubeObject, selectorOf } from "../../cli/verify/drift/objects";
import type { Check, Entry, WireAnswer, WireRequest, WireResult } from "../../cli/verify/model";
import { type AtGateway, SimulatedEdge } from "./simulated-edge";

const ROOT = "istio-system";
const SERVICE = "sparc.dev/service";
const TRUST_DOMAIN = "cluster.local";

interface Operation {
    readonly ports?: readonly string[];
    readonly hosts?: readonly string[];
    readonly methods?: readonly string[];
    readonly paths?: readonly string[];
}
interface Rule {
    readonly from?: readonly {
        readonly source: {
            readonly principals?: readonly string[];
            readonly requestPrincipals?: readonly string[];
        };
    }[];
    readonly when?: readonly { readonly key: string; readonly values: readonly string[] }[];
    readonly to?: readonly { readonly operation: Operation }[];
}
interface Spec {
    readonly selector?: unknown;
    readonly action?: string;
    readonly rules?: readonly Rule[];
    readonly mtls?: { readonly mode: string };
    readonly portLevelMtls?: Readonly<Record<string, { readonly mode: string }>>;
    readonly egress?: readonly { readonly hosts: readonly string[] }[];
    readonly servers?: readonly Server[];
}
interface Server {
    readonly port: { readonly number: number };
    readonly hosts: readonly string[];
    readonly tls?: { readonly httpsRedirect?: boolean; readonly minProtocolVersion?: string };
}
type Result = Pick<WireResult, "outcome"> & Partial<WireResult>;

/** Who arrives where, to ask what. */
interface Arrival {
    readonly principal: string | undefined;
    readonly namespace: string;
    readonly workload: string;
    readonly port: number;
    readonly host?: string;
    readonly request: WireRequest;
    /** Only at a gateway. */
    readonly token?: AtGateway;
}

export class SimulatedMesh {
    private readonly byPlace = new Map<string, { labels: ReturnType<typeof selectorOf>; spec: Spec }[]>();

    private readonly edge: SimulatedEdge;

    constructor(objects: readonly KubeObject[]) {
        this.edge = new SimulatedEdge(objects);
        for (const object of objects) {
            const place = `${object.kind}/${object.metadata.namespace ?? ""}`;
            const known = this.byPlace.get(place) ?? [];
            this.byPlace.set(place, known);
            known.push({ labels: selectorOf(object), spec: object.spec ?? {} });
        }
    }

    ask(check: Check): WireResult {
        return {
            id: check.id,
            status: null,
            answer: null,
            detail: "",
            ms: 1,
            attempts: 1,
            ...this.outcome(check),
        };
    }

    private outcome(check: Check): Result {
        const { layer, source, destination, request } = check;
        if (layer === "entry") return this.enter(check);
        if (layer === "source" && !this.sees(check)) {
            if (request.protocol === "tcp") return { outcome: "reset" };
            return request.protocol === "grpc"
                ? { outcome: "grpc", status: 14 }
                : { outcome: "http", status: 502 };
        }
        const meshed = source.kind !== "unmeshed";
        return this.arrive(check, {
            principal: meshed ? `${TRUST_DOMAIN}/ns/${source.namespace}/sa/${source.account}` : undefined,
            namespace: destination.namespace,
            workload: destination.name,
            port: destination.port.number,
            request,
        });
    }

    private arrive(check: Check, arrival: Arrival): Result {
        if (arrival.principal === undefined && this.mtls(arrival) === "STRICT") return { outcome: "reset" };
        const isTcp = arrival.request.protocol === "tcp";
        if (!this.isAllowed(arrival)) return { outcome: isTcp ? "reset" : "rbac" };
        const { name, portName } = check.destination;
        const caller = arrival.principal === undefined ? "" : `spiffe://${arrival.principal}`;
        const answer: WireAnswer = isTcp
            ? { service: name, port: portName }
            : { service: name, port: portName, caller };
        return {
            outcome: "answered",
            status: { http: 200, grpc: 0, ws: 101, tcp: null }[check.request.protocol],
            answer,
        };
    }

    private enter(check: Check): Result {
        const { entry, request, destination } = check;
        if (entry === undefined) throw new Error(`${check.id} names no gateway`);
        const { gateway, host, port, transport } = entry;
        const server = this.serverOf(entry);
        if (server === undefined)
            return transport === "plain" ? { outcome: "http", status: 404 } : { outcome: "tls" };
        if (transport !== "plain" && isTooOld(transport?.maxVersion, server)) {
            return { outcome: "tls", detail: "alert from the peer: tls: protocol version not supported" };
        }
        const isGrpc = request.protocol === "grpc";
        const token = this.edge.receive(entry);
        if (token === "refused") {
            const detail = 'body="Jwt is expired"';
            return isGrpc
                ? { outcome: "grpc", status: 16, detail }
                : { outcome: "http", status: 401, detail };
        }
        const atGateway = {
            principal: undefined,
            namespace: "istio-ingress",
            workload: gateway,
            port,
            host,
            request,
            token,
        };
        const [, path] = line(request);
        if (!this.isAllowed(atGateway)) return { outcome: "rbac" };
        if (server.tls?.httpsRedirect === true) {
            return { outcome: "http", status: 301, detail: `location="https://${host}${path}"` };
        }
        if (!this.edge.isOwnTenant(gateway, host, path, token)) return { outcome: "rbac" };
        const { answer, ...result } = this.arrive(check, {
            principal: `${TRUST_DOMAIN}/ns/istio-ingress/sa/${gateway}`,
            namespace: destination.namespace,
            workload: destination.name,
            port: destination.port.number,
            request,
        });
        const told = request.protocol === "tcp" ? {} : { headers: token.headers };
        return {
            ...result,
            ...(answer ? { answer: { ...answer, ...told } } : {}),
            detail: 'x-envoy-upstream-service-time="1"',
        };
    }

    /** Plain HTTP has a Gateway of its own, whose hosts name no namespace. */
    private serverOf({ gateway, host, port, transport }: Entry): Server | undefined {
        const name = transport === "plain" ? host : `sparc/${host}`;
        return this.of("Gateway", "istio-ingress", gateway)
            .flatMap(({ servers = [] }) => servers)
            .find((server) => server.port.number === port && server.hosts.includes(name));
    }

    private sees({ source, destination }: Check): boolean {
        const hosts = this.of("Sidecar", source.namespace, source.name).flatMap(({ egress = [] }) =>
            egress.flatMap((one) => one.hosts),
        );
        const { name, namespace } = destination;
        return hosts.includes(`${namespace}/${name}.${namespace}.svc.cluster.local`);
    }

    private mtls({ namespace, workload, port }: Arrival): string {
        const own = this.of("PeerAuthentication", namespace, workload).sort(bySelector);
        const [first] = [...own, ...this.of("PeerAuthentication", ROOT, workload)];
        return first?.portLevelMtls?.[String(port)]?.mode ?? first?.mtls?.mode ?? "PERMISSIVE";
    }

    private isAllowed(arrival: Arrival): boolean {
        const policies = [
            ...this.of("AuthorizationPolicy", arrival.namespace, arrival.workload),
            ...this.of("AuthorizationPolicy", ROOT, arrival.workload),
        ];
        if (policies.length === 0) return true;
        return policies.some(({ rules = [] }) => rules.some((rule) => matches(rule, arrival)));
    }

    /** The specs of one kind that apply to a workload. */
    private of(kind: string, namespace: string, workload: string): Spec[] {
        const all = this.byPlace.get(`${kind}/${namespace}`) ?? [];
        return all
            .filter(({ labels }) => labels === undefined || labels[SERVICE] === workload)
            .map(({ spec }) => spec);
    }
}

function isTooOld(offered: string | undefined, { tls }: Server): boolean {
    const least = tls?.minProtocolVersion?.replace("TLSV", "").replace("_", ".") ?? "1.0";
    return offered !== undefined && offered < least;
}

function matches(rule: Rule, { principal, port, host, request, token }: Arrival): boolean {
    const { from, to, when = [] } = rule;
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
    return (fromMatches ?? true) && (toMatches ?? true) && when.every((condition) => holds(condition, token));
}

function isPrincipal(pattern: string, principal: string | undefined): boolean {
    return principal?.startsWith(pattern.replace(/\*$/, "")) ?? false;
}

/** A claim, alone or in a list; of headers, whose conditions are a preflight's, none is asked for. */
function holds({ key, values }: NonNullable<Rule["when"]>[number], token: AtGateway | undefined): boolean {
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

function line(request: WireRequest): [method: string, path: string] {
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

/** A policy with a selector comes before one for the whole namespace. */
function bySelector(a: Spec, b: Spec): number {
    return Number(b.selector !== undefined) - Number(a.selector !== undefined);
}
