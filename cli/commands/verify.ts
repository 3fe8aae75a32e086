import { Command } from "commander";
import { readFile } from "node:fs/promises";
import { nodeStatus } from "../../local";
import { LOCAL_STACK, loadPlatform } from "../project";
import { type Cluster, connect, defaultKubeconfig, standInImage } from "../up/cluster";
import { UNLISTED } from "../up/outside";
import {
    CannotVerify,
    type PlayedOutside,
    SILENT,
    exitCode,
    statusLineTo,
    toJson,
    toText,
    verify,
} from "../verify";

interface VerifyCommandOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly standinImage?: string;
    readonly keep?: true;
    readonly json?: true;
}

export function verifyCommand(): Command {
    return new Command("verify")
        .description(
            "prove with real requests that the mesh lets through exactly the catalogue's calls; " +
                "exits with 1 if it does not",
        )
        .option("--context <name>", "a context of the kubeconfig, to use instead of the embedded node")
        .option("--kubeconfig <file>", "where that context is (default: $KUBECONFIG, or ~/.kube/config)")
        .option("--standin-image <image>", "the image that probers run (default: the running stand-ins')")
        .option("--keep", "leave the probers there for the next run with --keep")
        .option("--json", "report as JSON")
        .action(run);
}

async function run(options: VerifyCommandOptions): Promise<void> {
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

/** The cluster to verify; on the embedded node also the world outside that it plays. */
async function clusterOf({
    context,
    kubeconfig,
}: VerifyCommandOptions): Promise<Cluster & { readonly outside?: PlayedOutside }> {
    if (context !== undefined) {
        return { context, kubeconfig: defaultKubeconfig(kubeconfig) };
    }
    const node = await nodeStatus();
    if (node.state !== "up" || node.kubeconfig === undefined) {
        throw new Error(
            `the embedded node is ${node.state}: run \`make up\` first (\`make status\` shows what is wrong)`,
        );
    }
    const { outside } = node;
    if (outside === undefined) return { kubeconfig: node.kubeconfig };
    return {
        kubeconfig: node.kubeconfig,
        outside: {
            authority: await readFile(outside.authority, "utf8"),
            addresses: new Map(outside.hosts.map(({ host, address }) => [host, address])),
            unlisted: UNLISTED,
        },
    };
}
