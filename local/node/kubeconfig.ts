import type { KeyPair } from "./authority";

/**
 * A self-contained kubeconfig, as JSON (which is YAML).
 *
 * @param server the API server's URL
 * @param authority certificate (PEM) of the CA that signed the server's certificate
 */
export function kubeconfig(server: string, authority: string, user: string, identity: KeyPair): string {
    const name = "sparc-mesh";
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    return `${JSON.stringify(
        {
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name, cluster: { server, "certificate-authority-data": base64(authority) } }],
            users: [
                {
                    name: user,
                    user: {
                        "client-certificate-data": base64(identity.certificate),
                        "client-key-data": base64(identity.key),
                    },
                },
            ],
            contexts: [{ name, context: { cluster: name, user } }],
            "current-context": name,
        },
        undefined,
        2,
    )}\n`;
}
