import type { ExposureEdge } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { authorityCredential, certificateOf } from "../shared/tls/client-authorities";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { GatewayManifest } from "../base/manifest";
import {
    INGRESS_GATEWAYS,
    GATEWAY_PORTS,
    type GatewayKey,
    NAMESPACES,
    certificateName,
    exposedHost,
} from "../base/names";

type Server = NonNullable<GatewayManifest["spec"]["servers"]>[number];

/**
 * Cipher suites with forward secrecy and authenticated encryption; all suites of TLS 1.3 have both, and cannot be
 * restricted.
 */
const CIPHER_SUITES = [
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
];

/**
 * What one gateway serves: TLS terminates here, for exactly the exposed hosts. The certificate is a Secret in its
 * namespace.
 */
export function gatewaysOf(
    key: GatewayKey,
    edges: readonly ExposureEdge[],
    config: MeshConfig,
): GatewayManifest[] {
    const http = edges.filter(({ port }) => port.protocol !== "tcp");
    const shared = http.filter(({ exposure }) => exposure.clientCertificate === undefined);
    const servers: Server[] = [
        ...(shared.length > 0
            ? [
                  {
                      port: { number: GATEWAY_PORTS.https, name: "https", protocol: "HTTPS" },
                      hosts: shared.map(({ exposure }) => namespacedHost(exposure.host, config)),
                      tls: tls(certificateName(key)),
                  },
              ]
            : []),
        ...http
            .filter(({ exposure }) => exposure.clientCertificate !== undefined)
            .map((edge) => certifiedServer(edge, config)),
        ...edges.flatMap((edge) => tcpServer(edge, config)),
    ];
    // Routes bind to a Gateway by name. The redirect has a separate one, so that no route is reachable over plain
    // HTTP.
    const plain: Server = {
        port: { number: GATEWAY_PORTS.http, name: "http", protocol: "HTTP" },
        // If no route is bound to it, Istio treats a namespace prefix as a part of the host.
        hosts: http.map(({ exposure }) => exposedHost(config, exposure.host)),
        tls: { httpsRedirect: true },
    };
    return [
        ...(servers.length > 0 ? [gateway(key, key, servers)] : []),
        ...(http.length > 0 ? [gateway(key, `${key}-redirect`, [plain])] : []),
    ];
}

/**
 * A separate server, and so a separate filter chain and route table (gatewayRDSRouteName,
 * pilot/pkg/model/gateway.go): a connection whose handshake was for another host has no route to this one and gets
 * 404.
 */
function certifiedServer(edge: ExposureEdge, config: MeshConfig): Server {
    const { host } = edge.exposure;
    return {
        port: { number: GATEWAY_PORTS.https, name: `https-${host}`, protocol: "HTTPS" },
        hosts: [namespacedHost(host, config)],
        tls: tlsOf(edge, config),
    };
}

/** One per exposure. The SNI distinguishes two that share a port. */
function tcpServer(edge: ExposureEdge, config: MeshConfig): Server[] {
    const { exposure, port } = edge;
    if (port.protocol !== "tcp" || exposure.listen === undefined) return [];
    return [
        {
            port: { number: exposure.listen, name: `tls-${exposure.host}`, protocol: "TLS" },
            hosts: [namespacedHost(exposure.host, config)],
            tls: tlsOf(edge, config),
        },
    ];
}

function tlsOf(edge: ExposureEdge, config: MeshConfig): NonNullable<Server["tls"]> {
    const { clientCertificate } = edge.exposure;
    const settings = tls(certificateOf(edge));
    if (clientCertificate === undefined) return settings;
    const { authority, subjectAltNames } = clientCertificate;
    return {
        ...settings,
        mode: "MUTUAL",
        caCertCredentialName: authorityCredential(config, authority),
        // The handshake fails for a client whose certificate has none of these names. AuthorizationPolicies cannot
        // check them: their principals are SPIFFE IDs only (srcPrincipalGenerator,
        // pilot/pkg/security/authz/model/generator.go).
        ...(subjectAltNames === undefined ? {} : { subjectAltNames: [...subjectAltNames] }),
    };
}

function tls(credentialName: string): NonNullable<Server["tls"]> {
    return {
        mode: "SIMPLE",
        credentialName,
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
        spec: { selector: { [SERVICE_LABEL]: INGRESS_GATEWAYS[key] }, servers },
    };
}

function namespacedHost(label: string, config: MeshConfig): string {
    return `${NAMESPACES.services}/${exposedHost(config, label)}`;
}
