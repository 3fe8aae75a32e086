/** Kubeconfigs: the one that leads to an EKS cluster, and which cluster a given one leads to. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { ConfigError } from "../../config/load";

export interface EksAddress {
    readonly name: string;
    readonly region: string;
    /** `https://….eks.amazonaws.com` */
    readonly endpoint: string;
    /** The API server's CA, as base64 of PEM. */
    readonly authority: string;
    /** Where the API server is reached instead of at its endpoint. @default there */
    readonly tunnel?: string | undefined;
}

/** A kubeconfig as JSON. It holds no secret of its own: who uses it needs AWS credentials, and `aws` on PATH. */
export function eksKubeconfig({ name, region, endpoint, authority, tunnel }: EksAddress): string {
    return JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            {
                name,
                cluster: {
                    server: tunnel ?? endpoint,
                    // At the other end of a tunnel the certificate is still the endpoint's.
                    ...(tunnel === undefined ? {} : { "tls-server-name": new URL(endpoint).hostname }),
                    "certificate-authority-data": authority,
                },
            },
        ],
        contexts: [{ name, context: { cluster: name, user: name } }],
        "current-context": name,
        users: [
            {
                name,
                user: {
                    exec: {
                        apiVersion: "client.authentication.k8s.io/v1beta1",
                        command: "aws",
                        args: [
                            "eks",
                            "get-token",
                            "--cluster-name",
                            name,
                            "--region",
                            region,
                            "--output",
                            "json",
                        ],
                    },
                },
            },
        ],
    });
}

interface Kubeconfig {
    readonly "current-context"?: string;
    readonly contexts?: readonly { readonly name: string; readonly context: { readonly cluster: string } }[];
    readonly clusters?: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
}

/**
 * The address of the API server that a kubeconfig's file leads to.
 *
 * @param context the current one where undefined
 * @throws ConfigError if it leads nowhere, with what it has
 */
export function serverOf(file: string, context: string | undefined): string {
    const path = resolve(file);
    const { "current-context": current, contexts = [], clusters = [] } = read(path);
    const wanted = context ?? current;
    const known = contexts.map(({ name }) => name).join(", ") || "none";
    if (wanted === undefined)
        throw new ConfigError(path, [
            `it has no current context: set \`context\` to one of its own (${known})`,
        ]);
    const found = contexts.find(({ name }) => name === wanted);
    if (found === undefined)
        throw new ConfigError(path, [
            `it has no context ${wanted}: set \`context\` to one of its own (${known})`,
        ]);
    const server = clusters.find(({ name }) => name === found.context.cluster)?.cluster.server;
    if (server === undefined)
        throw new ConfigError(path, [
            `its context ${wanted} is of a cluster ${found.context.cluster}, which it does not have: write it anew`,
        ]);
    return server;
}

function read(path: string): Kubeconfig {
    try {
        return (parse(readFileSync(path, "utf8")) ?? {}) as Kubeconfig;
    } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new ConfigError(path, [
            `the kubeconfig cannot be read (${why}): correct \`kubeconfig\`, or write the file ` +
                "(aws eks update-kubeconfig --name <cluster> --kubeconfig <file>)",
        ]);
    }
}
