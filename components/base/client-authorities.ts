/** The CAs whose certificates clients present to the gateways. */
import type { ExposureEdge } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { certificateName } from "./names";

/** The end of a credential's name by which istiod serves a CA and not a key pair (pilot/pkg/xds/sds.go). */
const CA_SUFFIX = "-cacert";

/** Beside the gateways: a client's certificate of an authority that cert-manager made, with the authority's own as `ca.crt`. */
export function clientSecret(authority: string): string {
    return `client-${authority}`;
}

/**
 * How a Gateway names an authority (`caCertCredentialName`). istiod reads the Secret of this name, or else the one without the
 * suffix (`GetCaCert`, pilot/pkg/credentials/kube/secrets.go). An authority that the stack does not configure is an error of its checks; its
 * Secret is not there then, and the gateway takes no client.
 */
export function authorityCredential({ certificates }: MeshConfig, authority: string): string {
    const source = certificates.clients[authority];
    const secret = source?.from === "secret" ? source.secret : clientSecret(authority);
    return secret.endsWith(CA_SUFFIX) ? secret : `${secret}${CA_SUFFIX}`;
}

/**
 * The Secret with the certificate that an exposure's host presents. A host that requests client certificates has one of its own:
 * no other certificate is valid for its name, so that no HTTP/2 client reuses another host's connection for it
 * (RFC 9113, section 9.1.1).
 */
export function certificateOf({ exposure }: Pick<ExposureEdge, "exposure">): string {
    const { gateway, host, clientCertificate } = exposure;
    return certificateName(gateway, clientCertificate === undefined ? undefined : host);
}
