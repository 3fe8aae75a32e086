/** The CAs of the client certificates that the gateways accept. */
import type { ExposureEdge } from "../../../catalogue/query";
import type { MeshConfig } from "../../../config/schema";
import { certificateName } from "../../base/names";

/** The suffix of a credential's name by which istiod serves a CA instead of a key pair (pilot/pkg/xds/sds.go). */
const CA_SUFFIX = "-cacert";

/**
 * The Secret, in the gateways' namespace, with a client certificate of a CA that cert-manager created, and the CA as
 * `ca.crt`.
 */
export function clientSecret(authority: string): string {
    return `client-${authority}`;
}

/**
 * The name by which a Gateway refers to an authority (`caCertCredentialName`). istiod reads the Secret of this name,
 * or else the one without the suffix (`GetCaCert`, pilot/pkg/credentials/kube/secrets.go). The stack's checks report
 * an authority that is not configured; its Secret does not exist, and the gateway accepts no client.
 */
export function authorityCredential({ certificates }: MeshConfig, authority: string): string {
    const source = certificates.clients[authority];
    const secret = source?.from === "secret" ? source.secret : clientSecret(authority);
    return secret.endsWith(CA_SUFFIX) ? secret : `${secret}${CA_SUFFIX}`;
}

/**
 * The Secret with the certificate that an exposure's host presents. A host that requests client certificates has a
 * separate one: no other certificate is valid for its name, so that no HTTP/2 client reuses another host's connection
 * for it (RFC 9113, section 9.1.1).
 */
export function certificateOf({ exposure }: Pick<ExposureEdge, "exposure">): string {
    const { gateway, host, clientCertificate } = exposure;
    return certificateName(gateway, clientCertificate === undefined ? undefined : host);
}
