import { type StopReport, silentProgress, stopNode, terminalProgress } from "../../local";
import { destroy } from "../../local/engine";
import { EXIT } from "../lib/errors";
import { LOCAL_STACK } from "../lib/checkout";
import { plural } from "../lib/plural";
import { clusterAt } from "../up/destination";

interface DownOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly json?: true;
}

export async function down({ context, json, kubeconfig }: DownOptions): Promise<void> {
    if (context !== undefined) {
        const { removed } = await destroy({ stack: LOCAL_STACK, ...clusterAt(context, kubeconfig) });
        process.stdout.write(
            json
                ? `${JSON.stringify({ removed })}\n`
                : `Removed ${plural(removed, "object or release", "objects and releases")} from context ${context}. Istio's CRDs stay: its chart keeps them.\n`,
        );
        return;
    }
    const report = await stopNode({ progress: json ? silentProgress() : terminalProgress() });
    process.exitCode = report.left.length > 0 ? EXIT.failed : EXIT.ok;
    process.stdout.write(`${json ? JSON.stringify(report) : reportText(report)}\n`);
}

function reportText({ removed, left }: StopReport): string {
    return [
        removed.length === 0 ? "The embedded node did not exist." : "Removed:",
        ...removed.map((line) => `  ${line}`),
        left.length === 0 ? "Everything was removed; the toolchain stays in the cache." : "NOT REMOVED:",
        ...left.map((line) => `  ${line}`),
    ].join("\n");
}
