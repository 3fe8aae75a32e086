/** Host names in Istio objects. */
import { list, numberAt, textAt } from "./read";
import { type Subject } from "./subject";

/** Whether `host`, written in an object of `namespace`, refers to this Service, directly or by a wildcard. */
export function refersToService(
    host: string,
    namespace: string,
    service: Pick<Subject, "name" | "namespace">,
): boolean {
    const { name, namespace: home } = service;
    const full = `${name}.${home}.svc.cluster.local`;
    if (host.startsWith("*")) return full.endsWith(host.slice(1));
    if (host === name) return namespace === home;
    return [full, `${name}.${home}.svc`, `${name}.${home}`].includes(host);
}

/** `host` fully qualified, for comparison. */
export function canonical(host: string, namespace: string): string {
    if (!host.includes(".") && host !== "*") return `${host}.${namespace}.svc.cluster.local`;
    return host.endsWith(".svc") ? `${host}.cluster.local` : host;
}

/** Whether a DestinationRule for `pattern` applies to `host`: the same name, or a wildcard suffix match. */
export function coversHost(pattern: string, host: string): boolean {
    return pattern.startsWith("*") ? host.endsWith(pattern.slice(1)) : pattern === host;
}

/**
 * Whether a host is that of a Service: a short name, or one that ends in the cluster domain.
 * `drop.svc.example.net` and `drop.example.local` are external hosts.
 */
export function isClusterHost(host: string): boolean {
    return !host.includes(".") || /\.svc(\.cluster\.local)?\.?$/i.test(host);
}

/** Whether a host is in the cluster, or a wildcard that covers such hosts, so that clients use mutual TLS. */
export function isInMesh(host: string): boolean {
    return isClusterHost(host) || /^\*(\.(cluster\.)?local)?$/.test(host);
}

/** A Gateway's host without its namespace prefix. */
export function dnsName(host: string): string {
    return host.slice(host.indexOf("/") + 1);
}

/**
 * How Istio selects the protocol of a Service port: by appProtocol, or by the prefix of the port's name.
 * Without a known protocol it detects HTTP from the first bytes: `sniffed`.
 */
export type ServiceProtocol = "http" | "tcp" | "sniffed";

export function protocolOf(port: unknown): ServiceProtocol {
    const declared = textAt(port, "appProtocol") ?? (textAt(port, "name") ?? "").split("-")[0] ?? "";
    const name = declared.replace("kubernetes.io/", "").toLowerCase();
    if (HTTP.has(name)) return "http";
    return TCP_PROTOCOLS.has(name) || textAt(port, "protocol") === "UDP" ? "tcp" : "sniffed";
}

const TCP_PROTOCOLS: ReadonlySet<string> = new Set(["tcp", "tls", "https", "mongo", "mysql", "redis", "udp"]);
const HTTP: ReadonlySet<string> = new Set(["http", "http2", "h2c", "grpc", "grpc-web", "ws"]);

export interface DeclaredPort {
    readonly number: number;
    /** Port of the pod: a number, or the name of a container port. */
    readonly target: number | string;
    readonly name: string;
    readonly protocol: ServiceProtocol;
}

export function portsOf(service: Subject): readonly DeclaredPort[] {
    return list(service.spec["ports"]).flatMap((port) => {
        const number = numberAt(port, "port");
        if (number === undefined) return [];
        return [
            {
                number,
                target: numberAt(port, "targetPort") ?? textAt(port, "targetPort") ?? number,
                name: textAt(port, "name") ?? "",
                protocol: protocolOf(port),
            },
        ];
    });
}
