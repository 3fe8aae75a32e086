import { type StopReport, silentProgress, stopNode, terminalProgress } from "../../local";
import { destroy } from "../../local/engine";
import { EXIT } from "../errors";
import { LOCAL_STACK } from "../checkout";
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
                : `Removed ${removed} objects and releases from context ${context}; Istio's CRDs stay, as its chart asks.\n`,
        );
        return;
    }
    const report = await stopNode({ progress: json ? silentProgress() : terminalProgress() });
    process.exitCode = report.left.length > 0 ? EXIT.failed : EXIT.ok;
    process.stdout.write(`${json ? JSON.stringify(report) : forPeople(report)}\n`);
}

function forPeople({ removed, left }: StopReport): string {
    return [
        removed.length === 0 ? "There was no node." : "Removed:",
        ...removed.map((line) => `  ${line}`),
        left.length === 0 ? "Nothing of it is left; the toolchain stays in the cache." : "STILL THERE:",
        ...left.map((line) => `  ${line}`),
    ].join("\n");
}
