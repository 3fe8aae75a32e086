/** Host names as Istio's objects write them. */
import { list, numberAt, textAt } from "./read";
import { type Subject } from "./subject";

/** Whether `host`, written in an object of `namespace`, means this Service, by a wildcard too. */
export function means(
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

/** `host` in full where it is short, for comparison. */
export function canonical(host: string, namespace: string): string {
    if (!host.includes(".") && host !== "*") return `${host}.${namespace}.svc.cluster.local`;
    return host.endsWith(".svc") ? `${host}.cluster.local` : host;
}

/** Whether a DestinationRule for `pattern` is for `host`: the same name, or a wildcard that the name ends in. */
export function coversHost(pattern: string, host: string): boolean {
    return pattern.startsWith("*") ? host.endsWith(pattern.slice(1)) : pattern === host;
}

/**
 * Whether a host is a Service's: a short name, or one that ends in the cluster's domain. `drop.svc.example.net` and
 * `drop.example.local` are hosts outside.
 */
export function isClusterHost(host: string): boolean {
    return !host.includes(".") || /\.svc(\.cluster\.local)?\.?$/i.test(host);
}

/** Whether a host is one of the cluster's own, or a wildcard that covers them, so that its clients speak mutual TLS. */
export function isInMesh(host: string): boolean {
    return isClusterHost(host) || /^\*(\.(cluster\.)?local)?$/.test(host);
}

/** A host of a Gateway without the namespace before it. */
export function dnsName(host: string): string {
    return host.slice(host.indexOf("/") + 1);
}

/**
 * How Istio takes a Service's port: by appProtocol, or by the first part of its name. Where neither says a protocol that
 * it knows, it looks at the first bytes: `sniffed`.
 */
export type ServiceProtocol = "http" | "tcp" | "sniffed";

export function protocolOf(port: unknown): ServiceProtocol {
    const said = textAt(port, "appProtocol") ?? (textAt(port, "name") ?? "").split("-")[0] ?? "";
    const name = said.replace("kubernetes.io/", "").toLowerCase();
    if (HTTP.has(name)) return "http";
    return BYTES.has(name) || textAt(port, "protocol") === "UDP" ? "tcp" : "sniffed";
}

const BYTES: ReadonlySet<string> = new Set(["tcp", "tls", "https", "mongo", "mysql", "redis", "udp"]);
const HTTP: ReadonlySet<string> = new Set(["http", "http2", "h2c", "grpc", "grpc-web", "ws"]);

export interface ServicePort {
    readonly number: number;
    /** On the pod: a number, or the name that a container gives it. */
    readonly target: number | string;
    readonly name: string;
    readonly protocol: ServiceProtocol;
}

export function portsOf(service: Subject): readonly ServicePort[] {
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
