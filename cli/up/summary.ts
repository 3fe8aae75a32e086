import type { DeployReport } from "../../local/engine";
import { type DeploymentStatus, runningTable } from "../lib/cluster/deployments";

/** Where the mesh was deployed, and what the deployment changed. */
export interface Deployed {
    /** Display name: `the embedded node`, or `context kind-mesh`. */
    readonly target: string;
    readonly kubeconfig: string;
    readonly context?: string;
    readonly report: DeployReport;
    readonly deployments: readonly DeploymentStatus[];
    /** How clients reach the public gateway; absent if the cluster assigns the gateway's address. */
    readonly ingress?: {
        readonly host: string;
        readonly path: string;
        readonly address: string;
        readonly port: number;
        /** Path of the CA certificate. */
        readonly authority: string;
    };
    /** Duration of the command. */
    readonly seconds: number;
}

/** The summary that `make up` prints: what runs where, how to reach it, what to try next. */
export function summary({
    target,
    kubeconfig,
    context,
    report,
    deployments,
    ingress,
    seconds,
}: Deployed): string {
    const { engine, why, created, updated, unchanged, pruned } = report;
    return [
        `The mesh is up on ${target} (${seconds.toFixed(0)} s).`,
        `Deployed by the ${engine} engine: ${why}.`,
        `${created} created, ${updated} updated, ${unchanged} unchanged, ${pruned} removed.`,
        ...report.warnings.map((warning) => `Warning: ${warning}`),
        "",
        runningTable(deployments),
        "",
        "Reach it",
        `  export KUBECONFIG=${kubeconfig}${context === undefined ? "" : `   # context ${context}`}`,
        ...(ingress === undefined ? [] : curl(ingress)),
        "",
        "Try next",
        "  make verify        verify with real requests that only the catalogue's calls are allowed",
        "  npx mesh render --stack prod --out rendered",
        "  make down          remove the embedded node",
    ].join("\n");
}

function curl({ host, path, address, port, authority }: NonNullable<Deployed["ingress"]>): string[] {
    return [
        `  curl --cacert ${authority} --resolve ${host}:${port}:${address} \\`,
        `    https://${host}:${port}${path}`,
    ];
}
