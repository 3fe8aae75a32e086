/** The result of one check. */
export interface PreflightIssue {
    readonly check: string;
    /** `pending`: the stack creates it, or an update requires it and a preview does not. */
    readonly status: "passed" | "failed" | "pending";
    readonly message: string;
    /** How to proceed, if failed or pending. */
    readonly remedy?: string;
}

/** How a cluster's API server is reached. */
export type ClusterAccess =
    /** The path of a kubeconfig, and its context; by default the environment's and its current one. */
    | { readonly file?: string | undefined; readonly context?: string | undefined }
    /** A kubeconfig's content. */
    | { readonly text: string };

/** What the checks query. */
export interface PreflightEnvironment {
    /** The JSON output of an AWS CLI command. @throws Error with its error output */
    readonly aws: (...args: string[]) => Promise<unknown>;
    /** The domain's name servers according to DNS; empty if it is not delegated. */
    readonly nameServers: (domain: string) => Promise<readonly string[]>;
    /** @throws Error if the connection fails */
    readonly connect: (host: string, port: number) => Promise<void>;
    /** The keys of a Secret; undefined if it does not exist. @throws Error if it cannot be read */
    readonly secretKeys: (
        cluster: ClusterAccess,
        namespace: string,
        name: string,
    ) => Promise<readonly string[] | undefined>;
}

export function passed(check: string, message: string): PreflightIssue {
    return { check, status: "passed", message };
}

export function failed(check: string, message: string, remedy: string): PreflightIssue {
    return { check, status: "failed", message, remedy };
}
