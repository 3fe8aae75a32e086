import type { ExposureEdge } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { GatewayManifest } from "../base/manifest";
import {
    ENTRY_GATEWAYS,
    GATEWAY_PORTS,
    type GatewayKey,
    NAMESPACES,
    certificateName,
    exposedHost,
} from "../base/names";

type Server = NonNullable<GatewayManifest["spec"]["servers"]>[number];

/** What has forward secrecy and authenticates what it encrypts; of TLS 1.3 all has, and none can be left out. */
const CIPHER_SUITES = [
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
];

/** What one gateway serves: TLS ends here, for exactly the exposed hosts. The certificate is a Secret beside it. */
export function gatewaysOf(
    key: GatewayKey,
    edges: readonly ExposureEdge[],
    config: MeshConfig,
): GatewayManifest[] {
    const http = edges.filter(({ port }) => port.protocol !== "tcp");
    const hosts = http.map(({ exposure }) => namespacedHost(exposure.host, config));
    const servers: Server[] = [
        ...(http.length > 0
            ? [
                  {
                      port: { number: GATEWAY_PORTS.https, name: "https", protocol: "HTTPS" },
                      hosts,
                      tls: tls(key),
                  },
              ]
            : []),
        ...edges.flatMap((edge) => tcpServer(key, edge, config)),
    ];
    // Routes are bound to a Gateway by name. The redirect has one to itself, so that none can be asked in plain HTTP.
    const plain: Server = {
        port: { number: GATEWAY_PORTS.http, name: "http", protocol: "HTTP" },
        // Where no route is bound, Istio takes a namespace before a host for a part of it.
        hosts: http.map(({ exposure }) => exposedHost(config, exposure.host)),
        tls: { httpsRedirect: true },
    };
    return [
        ...(servers.length > 0 ? [gateway(key, key, servers)] : []),
        ...(http.length > 0 ? [gateway(key, `${key}-redirect`, [plain])] : []),
    ];
}

/** One for each, told apart by the name that the client asks for in its handshake, should two share a port. */
function tcpServer(key: GatewayKey, { exposure, port }: ExposureEdge, config: MeshConfig): Server[] {
    if (port.protocol !== "tcp" || exposure.listen === undefined) return [];
    return [
        {
            port: { number: exposure.listen, name: `tls-${exposure.host}`, protocol: "TLS" },
            hosts: [namespacedHost(exposure.host, config)],
            tls: tls(key),
        },
    ];
}

function tls(key: GatewayKey): NonNullable<Server["tls"]> {
    return {
        mode: "SIMPLE",
        credentialName: certificateName(key),
        minProtocolVersion: "TLSV1_2",
        maxProtocolVersion: "TLSV1_3",
        cipherSuites: CIPHER_SUITES,
    };
}

function gateway(key: GatewayKey, name: string, servers: Server[]): GatewayManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name, namespace: NAMESPACES.ingress, labels: COMMON_LABELS },
        spec: { selector: { [SERVICE_LABEL]: ENTRY_GATEWAYS[key] }, servers },
    };
}

function namespacedHost(label: string, config: MeshConfig): string {
    return `${NAMESPACES.services}/${exposedHost(config, label)}`;
}
