/** The Gateway servers of a gateway's pods. */
import type { GatewaySpec } from "../../../components/crds/istio";
import type { MeshSnapshot } from "../snapshot/snapshot";
import { matchesLabels } from "./match";
import { type Workload, key } from "./model";

export interface Server {
    /** `namespace/Gateway/name`. */
    readonly object: string;
    /** The Gateway's name as VirtualServices reference it. */
    readonly name: string;
    readonly port: number;
    readonly http: boolean;
    readonly hosts: readonly string[];
    /** What a client must present in the TLS handshake. */
    readonly conditions: readonly string[];
}

/** The servers of a gateway's pods, except those that only redirect to HTTPS. */
export function serversOf(snapshot: MeshSnapshot, { labels }: Workload): Server[] {
    return snapshot
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

/**
 * OPTIONAL_MUTUAL requires nothing: clients without a certificate are accepted (Istio reference,
 * ServerTLSSettings.TLSmode).
 */
function certificateDemanded(tls: NonNullable<GatewaySpec["servers"]>[number]["tls"]): string[] {
    if (tls?.mode !== "MUTUAL") return [];
    if (tls.insecureSkipVerify === true) return ["the client presents a certificate of any CA"];
    const authority = tls.caCertCredentialName ?? `${tls.credentialName ?? ""}-cacert`;
    const names = tls.subjectAltNames ?? [];
    return [
        `the client presents a certificate of the CA in ${authority}${names.length === 0 ? "" : ` with the name ${names.join(" or ")}`}`,
    ];
}
