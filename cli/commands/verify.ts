import { nodeStatus } from "../../local";
import { LOCAL_STACK, loadPlatform } from "../project";
import { type Cluster, connect, defaultKubeconfig, standInImage } from "../up/cluster";
import { CannotVerify, SILENT, exitCode, statusLineTo, toJson, toText, verify } from "../verify";

interface VerifyCommandOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly standinImage?: string;
    readonly keep?: true;
    readonly json?: true;
}

export async function verifyMesh(options: VerifyCommandOptions): Promise<void> {
    const platform = loadPlatform(LOCAL_STACK);
    const cluster = await clusterOf(options);
    try {
        const report = await verify({
            ...cluster,
            platform,
            standInImage: options.standinImage ?? (await standInImage(connect(cluster))),
            keep: options.keep ?? false,
            progress: options.json ? SILENT : statusLineTo(process.stdout),
        });
        process.exitCode = exitCode(report);
        process.stdout.write(`${options.json ? JSON.stringify(toJson(report)) : toText(report)}\n`);
    } catch (error) {
        if (!(error instanceof CannotVerify)) throw error;
        throw new Error(`nothing was verified: ${error.message}\n${error.remedy}`, { cause: error });
    }
}

async function clusterOf({ context, kubeconfig }: VerifyCommandOptions): Promise<Cluster> {
    if (context !== undefined) {
        return { context, kubeconfig: defaultKubeconfig(kubeconfig) };
    }
    const node = await nodeStatus();
    if (node.state !== "up" || node.kubeconfig === undefined) {
        throw new Error(
            `the embedded node is ${node.state}: run \`make up\` first (\`make status\` shows what is wrong)`,
        );
    }
    return { kubeconfig: node.kubeconfig };
}
