/**
 * Simulates Istio: the result of a request in a cluster with exactly `objects`. It reads only the rendered policies, so the
 * tests compare what they specify with what the checks expect.
 */
import { type KubeObject, selectorOf } from "../../cli/lib/drift/objects";
import { type Check, type WireAnswer, type WireResult, isTcp } from "../../cli/verify/model";
import type { VirtualServiceManifest } from "../../components/base/manifest";
import { longestWait, routeFor, tries } from "../support/routes";
import { GATEWAY_ADDRESS } from "./external";
import { withoutRemoved } from "./simulated-egress";
import { SimulatedEdge } from "./simulated-edge";
import { handshake } from "./simulated-handshake";
import { rejectsTenant } from "./simulated-tenant-context";
import { type InboundRequest, type Server, type Spec, bySelector, line, matches } from "./simulated-policy";

const ROOT = "istio-system";
const SERVICE = "sparc.dev/service";
const TRUST_DOMAIN = "cluster.local";

type Result = Pick<WireResult, "outcome"> & Partial<WireResult>;

export class SimulatedMesh {
    private readonly byPlace = new Map<string, { labels: ReturnType<typeof selectorOf>; spec: Spec }[]>();
    private readonly edge: SimulatedEdge;

    constructor(private readonly objects: readonly KubeObject[]) {
        this.edge = new SimulatedEdge(objects);
        for (const object of objects) {
            const place = `${object.kind}/${object.metadata.namespace ?? ""}`;
            const known = this.byPlace.get(place) ?? [];
            this.byPlace.set(place, known);
            known.push({ labels: selectorOf(object), spec: object.spec ?? {} });
        }
    }

    send(check: Check): WireResult {
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
        if (layer === "ingress") return this.atIngress(check);
        const ended = layer === "resilience" ? this.call(check) : undefined;
        if (ended !== undefined) return ended;
        if (layer === "egress") return this.atEgress(check);
        if ((layer === "authorization" || layer === "resilience") && !this.hasHost(check)) {
            if (request.protocol === "tcp") return { outcome: "reset" };
            return request.protocol === "grpc"
                ? { outcome: "grpc", status: 14 }
                : { outcome: "http", status: 502 };
        }
        const meshed = source.kind !== "outside-mesh";
        return this.atSidecar(check, {
            principal: meshed ? `${TRUST_DOMAIN}/ns/${source.namespace}/sa/${source.account}` : undefined,
            namespace: destination.namespace,
            workload: destination.name,
            port: destination.port.number,
            host: check.host ?? `${destination.name}.${destination.namespace}.svc.cluster.local`,
            request,
            sends: check.sends,
        });
    }

    /** The result by the source sidecar's route; undefined if no route limits a callee that does not respond. */
    private call({ source, destination, request, behavior }: Check): Result | undefined {
        if (request.protocol === "tcp") return undefined;
        const { name, portName, port } = destination;
        const [method, path] = line(request);
        const toRoute = { labels: { [SERVICE]: source.name }, port: port.number, method, path };
        const route = this.of("VirtualService", destination.namespace, name)
            .filter(({ hosts = [] }) => hosts[0]?.startsWith(`${name}.`))
            .map((spec) => routeFor({ spec } as VirtualServiceManifest, toRoute))
            .find((one) => one !== undefined);
        const isGrpc = request.protocol === "grpc";
        if (behavior?.kind === "delay") {
            const ms = longestWait(route);
            if (ms === 0) return undefined;
            return { outcome: isGrpc ? "grpc" : "http", status: isGrpc ? 4 : 504, ms };
        }
        return {
            outcome: "answered",
            status: isGrpc ? 14 : 503,
            answer: {
                service: name,
                port: portName,
                attempt: tries(route, isGrpc ? ["unavailable"] : ["5xx", "gateway-error"]),
            },
        };
    }

    private atSidecar(check: Check, arrival: InboundRequest & { readonly sends: Check["sends"] }): Result {
        if (arrival.principal === undefined && this.mtls(arrival) === "STRICT") return { outcome: "reset" };
        const isTcp = arrival.request.protocol === "tcp";
        const ambiguous = isTcp ? undefined : this.edge.sidecarPathRejection(line(arrival.request)[1]);
        if (ambiguous !== undefined)
            return { outcome: "http", status: 400, detail: `body="${ambiguous}: no."` };
        if (!this.isAllowed(arrival)) return { outcome: isTcp ? "reset" : "rbac" };
        const { sends, host = "", request } = arrival;
        const [method, path] = line(request);
        if (!isTcp && rejectsTenant(this.objects, { ...arrival, host, method, path, sends }))
            return { outcome: "rbac" };
        const { name, portName } = check.destination;
        const caller = arrival.principal === undefined ? "" : `spiffe://${arrival.principal}`;
        const answer: WireAnswer = {
            service: name,
            port: portName,
            ...(isTcp ? {} : { caller, headers: sends?.headers ?? {} }),
        };
        return {
            outcome: "answered",
            status: { http: 200, grpc: 0, ws: 101, tcp: null }[check.request.protocol],
            answer,
        };
    }

    private atIngress(check: Check): Result {
        const { ingress, request, destination } = check;
        if (ingress === undefined) throw new Error(`${check.id} names no gateway`);
        const { gateway, port, transport, token: sent } = ingress;
        const sni = ingress.serverName ?? ingress.host;
        const host = this.edge.authority(ingress);
        const server = this.serverOf(ingress);
        if (server === undefined)
            return transport === "plain" ? { outcome: "http", status: 404 } : { outcome: "tls" };
        const ended = handshake(ingress, server);
        if (ended !== undefined) return { outcome: "tls", detail: `alert from the peer: tls: ${ended}` };
        if (ingress.proxyHeader !== undefined && !this.edge.readsProxyHeaders(gateway))
            return { outcome: "reset" };
        const refusal = this.edge.pathRejection(gateway, host, line(request)[1]);
        if (refusal !== undefined) return { outcome: "http", status: 400, detail: `body="${refusal}: no."` };
        const isGrpc = request.protocol === "grpc";
        const token = this.edge.receive(ingress);
        if (token === "refused") {
            const detail = `${this.edge.readableBy(ingress)} body="Jwt is expired"`;
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
            ...(transport === "plain" ? {} : { sni }),
            request,
            token,
        };
        const [, path] = line(request);
        if (!this.isAllowed(atGateway)) return { outcome: "rbac", detail: this.edge.readableBy(ingress) };
        if (!this.edge.hasOneToken(ingress, path)) return { outcome: "rbac" };
        if (
            !this.edge.isTokensTenant(
                { gateway, host, port, sni: transport === "plain" ? "" : sni },
                path,
                token,
            )
        )
            return { outcome: "rbac" };
        // A server routes only its hosts.
        if (transport !== "plain" && !server.hosts.includes(`sparc/${host}`))
            return isGrpc ? { outcome: "grpc", status: 12 } : { outcome: "http", status: 404 };
        // Envoy's router redirects after all filters.
        if (server.tls?.httpsRedirect === true) {
            return { outcome: "http", status: 301, detail: `location="https://${host}${path}"` };
        }
        const { answer, ...result } = this.atSidecar(check, {
            principal: `${TRUST_DOMAIN}/ns/istio-ingress/sa/${gateway}`,
            namespace: destination.namespace,
            workload: destination.name,
            port: destination.port.number,
            host,
            request,
            sends: { headers: token.headers, ...(sent === undefined ? {} : { token: sent }) },
        });
        const headers = request.protocol === "tcp" ? {} : { headers: token.headers };
        return {
            ...result,
            ...(answer ? { answer: { ...answer, ...headers } } : {}),
            detail: `x-envoy-upstream-service-time="1"${this.edge.planLimit(ingress)}`,
        };
    }

    /** A separate Gateway serves plain HTTP; its hosts have no namespace. */
    private serverOf({
        gateway,
        host,
        serverName,
        port,
        transport,
    }: NonNullable<Check["ingress"]>): Server | undefined {
        const name = transport === "plain" ? host : `sparc/${serverName ?? host}`;
        return this.of("Gateway", "istio-ingress", gateway)
            .flatMap(({ servers = [] }) => servers)
            .find((server) => server.port.number === port && server.hosts.includes(name));
    }

    private atEgress(check: Check): Result {
        const { source, egress, destination, request } = check;
        if (egress === undefined) throw new Error(`${check.id} leads nowhere`);
        const { host, address, from } = egress;
        if (host.endsWith(".example.net")) return { outcome: "dns", detail: `lookup ${host}: no such host` };
        const serviceEntry = this.named("ServiceEntry", host);
        const known = from === "prober" || this.hostsOf(check).includes(`istio-egress/${host}`);
        if (address !== undefined || serviceEntry?.exportTo?.includes("sparc") !== true || !known)
            return isTcp(check) ? { outcome: "reset" } : { outcome: "http", status: 502 };
        const arrival = {
            principal: `${TRUST_DOMAIN}/ns/${source.namespace}/sa/${source.account}`,
            namespace: "istio-egress",
            workload: "istio-egressgateway",
            port: destination.port.number,
            sni: host,
            ...(isTcp(check) ? {} : { host }),
            request: isTcp(check) ? ({ protocol: "tcp" } as const) : request,
        };
        const route = this.named("VirtualService", host);
        const routed = route !== undefined;
        if (routed && !this.isAllowed(arrival)) return { outcome: isTcp(check) ? "reset" : "rbac" };
        const answer: WireAnswer = {
            service: "external-services",
            port: "host-0",
            ...withoutRemoved(route, egress.headers, arrival.principal),
            peer: routed ? GATEWAY_ADDRESS : "10.244.0.1",
            serverName: host,
        };
        return { outcome: "answered", status: request.protocol === "tcp" ? null : 200, answer };
    }

    private named(kind: string, host: string): Spec | undefined {
        const all = this.byPlace.get(`${kind}/istio-egress`) ?? [];
        return all.map(({ spec }) => spec).find(({ hosts = [] }) => hosts.includes(host));
    }

    private hostsOf({ source }: Check): string[] {
        return this.of("Sidecar", source.namespace, source.name).flatMap(({ egress = [] }) =>
            egress.flatMap((one) => one.hosts),
        );
    }

    private hasHost(check: Check): boolean {
        const { name, service = name, namespace } = check.destination;
        return this.hostsOf(check).includes(`${namespace}/${service}.${namespace}.svc.cluster.local`);
    }

    private mtls({ namespace, workload, port }: InboundRequest): string {
        const policies = this.of("PeerAuthentication", namespace, workload).sort(bySelector);
        const [first] = [...policies, ...this.of("PeerAuthentication", ROOT, workload)];
        return first?.portLevelMtls?.[String(port)]?.mode ?? first?.mtls?.mode ?? "PERMISSIVE";
    }

    private isAllowed(arrival: InboundRequest): boolean {
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
