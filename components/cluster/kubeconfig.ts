/** Kubeconfigs: writes one for an EKS cluster, and reads the cluster's address from a given one. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { ConfigError } from "../../config/load";
import { causeOf } from "../base/run-error";

export interface EksAddress {
    readonly name: string;
    readonly region: string;
    /** `https://….eks.amazonaws.com` */
    readonly endpoint: string;
    /** The API server's CA, as base64 of PEM. */
    readonly authority: string;
    /** The URL through which the API server is reached. @default its endpoint */
    readonly tunnel?: string | undefined;
}

/** Returns a kubeconfig as JSON. It contains no secret: its user needs AWS credentials, and `aws` on PATH. */
export function eksKubeconfig({ name, region, endpoint, authority, tunnel }: EksAddress): string {
    return JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            {
                name,
                cluster: {
                    server: tunnel ?? endpoint,
                    // The certificate at the end of the tunnel is the endpoint's.
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
 * Returns the address of the API server that a kubeconfig selects.
 *
 * @param context the current one if undefined
 * @throws ConfigError if the kubeconfig selects no cluster, with its contexts
 */
export function serverOf(file: string, context: string | undefined): string {
    const path = resolve(file);
    const { "current-context": current, contexts = [], clusters = [] } = read(path);
    const contextName = context ?? current;
    const known = contexts.map(({ name }) => name).join(", ") || "none";
    if (contextName === undefined)
        throw new ConfigError(path, [
            `it has no current context: set \`context\` to one of its contexts (${known})`,
        ]);
    const match = contexts.find(({ name }) => name === contextName);
    if (match === undefined)
        throw new ConfigError(path, [
            `it has no context ${contextName}: set \`context\` to one of its contexts (${known})`,
        ]);
    const server = clusters.find(({ name }) => name === match.context.cluster)?.cluster.server;
    if (server === undefined)
        throw new ConfigError(path, [
            `its context ${contextName} refers to the cluster ${match.context.cluster}, which it does not define: regenerate it`,
        ]);
    return server;
}

function read(path: string): Kubeconfig {
    try {
        return (parse(readFileSync(path, "utf8")) ?? {}) as Kubeconfig;
    } catch (error) {
        const why = causeOf(error);
        throw new ConfigError(path, [
            `the kubeconfig cannot be read (${why}): correct \`kubeconfig\`, or generate the file ` +
                "(aws eks update-kubeconfig --name <cluster> --kubeconfig <file>)",
        ]);
    }
}
