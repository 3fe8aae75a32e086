import { readFile } from "node:fs/promises";
import { type ClusterRef, defaultKubeconfig, loadKubeconfig } from "../lib/kubeconfig";
import { standInImage } from "../up/cluster";
import { deployedPlatform } from "../up/deployed";
import { UNLISTED_HOST } from "../up/simulated-external";
import { runningNode } from "../up/running";
import {
    CannotVerify,
    type Layer,
    type OptionalPart,
    type SimulatedExternal,
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
    readonly keepProbers?: true;
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
            standInImage: options.standinImage ?? (await standInImage(loadKubeconfig(cluster))),
            ...(options.layer === undefined ? {} : { layers: options.layer }),
            allowUnchecked: options.allowUnchecked ?? [],
            accept: options.accept ?? [],
            keepProbers: options.keepProbers ?? false,
            progress: options.json ? SILENT : statusLineTo(process.stdout),
        });
        process.exitCode = exitCode(report);
        process.stdout.write(`${options.json ? JSON.stringify(toJson(report)) : toText(report)}\n`);
    } catch (error) {
        if (!(error instanceof CannotVerify)) throw error;
        throw new Error(`cannot verify: ${error.message}\n${error.remedy}`, { cause: error });
    }
}

/** The platform, and a signer of tokens if the stack trusts this machine's key. */
async function withSigner(): Promise<Pick<VerifyOptions, "platform" | "sign">> {
    const { platform, key } = await deployedPlatform();
    const issuer = key && platform.config.edge.issuers.find(({ jwks }) => jwks === key.jwks);
    return { platform, ...(key === undefined || issuer === undefined ? {} : { sign: signer(key, issuer) }) };
}

/** The cluster to verify; on the embedded node, also the external services that it simulates. */
async function clusterOf({
    context,
    kubeconfig,
}: VerifyCommandOptions): Promise<ClusterRef & { readonly simulatedExternal?: SimulatedExternal }> {
    if (context !== undefined) {
        return { context, kubeconfig: defaultKubeconfig(kubeconfig) };
    }
    const node = await runningNode();
    const { simulatedExternal } = node;
    if (simulatedExternal === undefined) return { kubeconfig: node.kubeconfig };
    return {
        kubeconfig: node.kubeconfig,
        simulatedExternal: {
            authority: await readFile(simulatedExternal.authority, "utf8"),
            addresses: new Map(simulatedExternal.hosts.map(({ host, address }) => [host, address])),
            unlisted: UNLISTED_HOST,
        },
    };
}
