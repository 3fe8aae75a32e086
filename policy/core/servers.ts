/** Servers of an Istio Gateway, as its proxies read them. */
import { dnsName } from "./hosts";
import { at, type Fields, fields, list, numberAt, textAt, texts } from "./read";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

export interface GatewayServer {
    /** Path in the object: `spec.servers[0]`. */
    readonly path: string;
    readonly port: number | undefined;
    /** In upper case. */
    readonly protocol: string;
    /** As written, with the namespace prefix. */
    readonly hosts: readonly string[];
    readonly tls: Fields;
    readonly mode: string | undefined;
    /**
     * Whether it accepts plain text, whatever its `tls` section contains: Istio ignores TLS settings on
     * plain-HTTP protocols.
     */
    readonly isPlain: boolean;
    /** Whether it only redirects to HTTPS. On an HTTPS port the same field has no effect. */
    readonly isRedirect: boolean;
    /** Whether only clients in the mesh can connect: an egress gateway. */
    readonly isIstioMutual: boolean;
    /**
     * Whether each client must present a certificate of a CA that the server names (`MUTUAL`, not
     * `OPTIONAL_MUTUAL`).
     */
    readonly requiresClientCertificate: boolean;
    /** Whether the proxies parse requests. They do not for TLS passthrough and for non-HTTP protocols. */
    readonly readsHttp: boolean;
}

const PLAIN_HTTP: ReadonlySet<string> = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "GRPC_WEB"]);

export function serversOf({ spec }: Subject): readonly GatewayServer[] {
    return list(spec["servers"]).map((server, index) => {
        const protocol = (textAt(server, "port", "protocol") ?? "").toUpperCase();
        const tls = fields(at(server, "tls"));
        const mode = textAt(tls, "mode");
        const isHttp = PLAIN_HTTP.has(protocol);
        return {
            path: `spec.servers[${index}]`,
            port: numberAt(server, "port", "number"),
            protocol,
            hosts: texts(at(server, "hosts")),
            tls,
            mode,
            isPlain: isHttp || mode === undefined,
            isRedirect: isHttp && textAt(tls, "httpsRedirect") === "true",
            isIstioMutual: !isHttp && mode === "ISTIO_MUTUAL",
            requiresClientCertificate: !isHttp && mode === "MUTUAL",
            readsHttp: isHttp || (protocol === "HTTPS" && !(mode ?? "").includes("PASSTHROUGH")),
        };
    });
}

/** Every server of the Gateways whose proxies have all of `labels`. */
export function serversBehind(
    stack: StackResources,
    labels: Readonly<Record<string, string>>,
): readonly GatewayServer[] {
    return stack.collect(`servers ${JSON.stringify(labels)}`, stack.gatewaysOf(labels), serversOf);
}

/** Hosts without the namespace prefix. */
export function dnsNamesOf({ hosts }: GatewayServer): readonly string[] {
    return hosts.map(dnsName);
}
