/** The servers of Gateways, as a gateway's pods have them. */
import type { GatewaySpec } from "../../../components/crds/istio";
import type { World } from "../world/world";
import { matchesLabels } from "./match";
import { type Workload, key } from "./model";

export interface Server {
    /** `namespace/Gateway/name`. */
    readonly object: string;
    /** As a VirtualService names it. */
    readonly name: string;
    readonly port: number;
    readonly http: boolean;
    readonly hosts: readonly string[];
    /** What a client must present in the handshake. */
    readonly conditions: readonly string[];
}

/** What a gateway's pods listen to, but for what they only redirect to HTTPS. */
export function serversOf(world: World, { labels }: Workload): Server[] {
    return world
        .of("Gateway")
        .filter(({ spec }) => matchesLabels(spec.selector, labels))
        .flatMap((gateway) =>
            (gateway.spec.servers ?? [])
                .filter(({ tls }) => tls?.httpsRedirect !== true)
                .map(({ port, hosts, tls }) => ({
                    conditions: certificateDemanded(tls),
                    object: key(gateway),
                    name: `${gateway.metadata.namespace}/${gateway.metadata.name}`,
                    port: port.number,
                    http: /^(HTTP|HTTPS|HTTP2|GRPC)$/i.test(port.protocol),
                    hosts: hosts.map((host) => host.slice(host.indexOf("/") + 1)),
                })),
        );
}

/** OPTIONAL_MUTUAL demands nothing: who has no certificate gets in (Istio's reference, ServerTLSSettings.TLSmode). */
function certificateDemanded(tls: NonNullable<GatewaySpec["servers"]>[number]["tls"]): string[] {
    if (tls?.mode !== "MUTUAL") return [];
    if (tls.insecureSkipVerify === true) return ["the client presents a certificate, of whatever CA"];
    const authority = tls.caCertCredentialName ?? `${tls.credentialName ?? ""}-cacert`;
    const names = tls.subjectAltNames ?? [];
    return [
        `the client presents a certificate of the CA in ${authority}${names.length === 0 ? "" : ` with the name ${names.join(" or ")}`}`,
    ];
}
