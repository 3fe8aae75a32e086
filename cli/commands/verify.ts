import { readFile } from "node:fs/promises";
import { type Cluster, connect, defaultKubeconfig, standInImage } from "../up/cluster";
import { deployedPlatform } from "../up/deployed";
import { UNLISTED } from "../up/outside";
import { runningNode } from "../up/running";
import {
    CannotVerify,
    type Layer,
    type OptionalPart,
    type PlayedOutside,
    SILENT,
    type VerifyOptions,
    exitCode,
    signer,
    statusLineTo,
    toJson,
    toText,
    verify,
} from "../verify";

interface VerifyCommandOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly standinImage?: string;
    readonly layer?: readonly Layer[];
    readonly allowUnchecked?: readonly OptionalPart[];
    readonly accept?: readonly string[];
    readonly keep?: true;
    readonly json?: true;
}

export async function verifyMesh(options: VerifyCommandOptions): Promise<void> {
    const { platform, sign } = await withSigner();
    const cluster = await clusterOf(options);
    try {
        const report = await verify({
            ...cluster,
            platform,
            sign,
            standInImage: options.standinImage ?? (await standInImage(connect(cluster))),
            ...(options.layer === undefined ? {} : { layers: options.layer }),
            allowUnchecked: options.allowUnchecked ?? [],
            accept: options.accept ?? [],
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

/** How to sign tokens for the stack, where this machine's key is in its issuers. */
async function withSigner(): Promise<Pick<VerifyOptions, "platform" | "sign">> {
    const { platform, key } = await deployedPlatform();
    const own = key && platform.config.edge.issuers.find(({ jwks }) => jwks === key.jwks);
    return { platform, ...(key === undefined || own === undefined ? {} : { sign: signer(key, own) }) };
}

/** The cluster to verify; on the embedded node also the world outside that it plays. */
async function clusterOf({
    context,
    kubeconfig,
}: VerifyCommandOptions): Promise<Cluster & { readonly outside?: PlayedOutside }> {
    if (context !== undefined) {
        return { context, kubeconfig: defaultKubeconfig(kubeconfig) };
    }
    const node = await runningNode();
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
