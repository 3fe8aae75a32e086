/** TLS versions by Istio's names, oldest first. */
export const TLS_VERSIONS = ["TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"] as const;

export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** Whether a version is older than `minimum`, or absent, so that the proxy's default applies. */
export function isBelow(version: string | undefined, minimum: TlsVersion): boolean {
    const index = TLS_VERSIONS.indexOf(version as TlsVersion);
    return index < TLS_VERSIONS.indexOf(minimum);
}
