/** What the servers of an Istio Gateway take, as its proxies read them. */
import { dnsName } from "./hosts";
import { at, type Fields, fields, list, numberAt, textAt, texts } from "./read";
import { type Subject } from "./subject";
import { type World } from "./world";

export interface Server {
    /** Where it stands: `spec.servers[0]`. */
    readonly path: string;
    readonly port: number | undefined;
    /** In capitals. */
    readonly protocol: string;
    /** As they are written, with the namespace before them. */
    readonly hosts: readonly string[];
    readonly tls: Fields;
    readonly mode: string | undefined;
    /** Whether it takes plain text, whatever its `tls` says: Istio reads no TLS settings for HTTP's protocols. */
    readonly isPlain: boolean;
    /** Whether it answers with nothing but a redirect to HTTPS. On a port of HTTPS the same field redirects nobody. */
    readonly isRedirect: boolean;
    /** Whether only the mesh's own clients get in: an egress gateway's. */
    readonly isMutual: boolean;
    /** Whether each client shows a certificate of a CA that the server names (`MUTUAL`, not `OPTIONAL_MUTUAL`). */
    readonly takesCertificates: boolean;
    /** Whether its proxies read the requests: TLS that they do not end, or do not know as HTTP, is bytes to them. */
    readonly readsHttp: boolean;
}

const PLAIN_HTTP: ReadonlySet<string> = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "GRPC_WEB"]);

export function serversOf({ spec }: Subject): readonly Server[] {
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
            isMutual: !isHttp && mode === "ISTIO_MUTUAL",
            takesCertificates: !isHttp && mode === "MUTUAL",
            readsHttp: isHttp || (protocol === "HTTPS" && !(mode ?? "").includes("PASSTHROUGH")),
        };
    });
}

/** Every server of the Gateways whose proxies carry all of `labels`. */
export function serversBehind(world: World, labels: Readonly<Record<string, string>>): readonly Server[] {
    return world.ask(`servers ${JSON.stringify(labels)}`, world.gatewaysOf(labels), serversOf);
}

/** Its hosts without the namespaces. */
export function dnsNamesOf({ hosts }: Server): readonly string[] {
    return hosts.map(dnsName);
}
