import Table from "cli-table3";
import type { DeployReport } from "../../local/engine";
import type { Rollout } from "./cluster";

/** Where a deployed mesh is, and how it came there. */
export interface Deployed {
    /** For people: `the embedded node`, or `context kind-mesh`. */
    readonly where: string;
    readonly kubeconfig: string;
    readonly context?: string;
    readonly report: DeployReport;
    readonly rollouts: readonly Rollout[];
    /** How clients come in; absent where the cluster gives the gateway its address. */
    readonly entry?: {
        readonly host: string;
        readonly path: string;
        readonly address: string;
        readonly port: number;
        /** Path of the CA's certificate. */
        readonly authority: string;
    };
    /** Seconds of the whole command. */
    readonly seconds: number;
}

/** What `make up` prints at its end: what runs where, how to reach it, what to try next. */
export function summary({ where, kubeconfig, context, report, rollouts, entry, seconds }: Deployed): string {
    const { engine, why, created, updated, unchanged, pruned } = report;
    return [
        `The mesh is up on ${where} (${seconds.toFixed(0)} s).`,
        `Deployed by the ${engine} engine: ${why}.`,
        `${created} created, ${updated} updated, ${unchanged} unchanged, ${pruned} removed.`,
        ...report.warnings.map((warning) => `Warning: ${warning}`),
        "",
        runningTable(rollouts),
        "",
        "Reach it",
        `  export KUBECONFIG=${kubeconfig}${context === undefined ? "" : `   # context ${context}`}`,
        ...(entry === undefined ? [] : curl(entry)),
        "",
        "Try next",
        "  make verify        every call of the catalogue, and every call that is not in it, tried for real",
        "  npx mesh render --stack prod --out rendered",
        "  make down          nothing is left",
    ].join("\n");
}

/** What runs, one row a namespace. */
export function runningTable(rollouts: readonly Rollout[]): string {
    const table = new Table({
        head: ["namespace", "ready", "workloads"],
        style: { head: [], border: [] },
        colWidths: [17, 7, 80],
        wordWrap: true,
    });
    const namespaces = [...new Set(rollouts.map(({ namespace }) => namespace))];
    for (const namespace of namespaces) {
        const own = rollouts.filter((rollout) => rollout.namespace === namespace);
        const ready = own.filter((rollout) => rollout.ready >= rollout.wanted).length;
        table.push([namespace, `${ready}/${own.length}`, own.map(({ name }) => name).join(" ")]);
    }
    return table.toString();
}

function curl({ host, path, address, port, authority }: NonNullable<Deployed["entry"]>): string[] {
    return [
        `  curl --cacert ${authority} --resolve ${host}:${port}:${address} \\`,
        `    https://${host}:${port}${path}`,
    ];
}
