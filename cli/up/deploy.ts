/** Deploys the stack local to the embedded node, or to an existing cluster. */
import { exposures } from "../../catalogue/query";
import { exposedHost } from "../../components/base/names";
import type { Platform } from "../../components/base/platform";
import { readStackFile } from "../../config/load";
import { ensureSigningKey, type Progress, silentProgress, terminalProgress } from "../../local";
import { type DeployOptions, type DeployReport, deploy } from "../../local/engine";
import { LOCAL_STACK, STACK_FOLDER } from "../lib/checkout";
import { loadCatalogue } from "../../catalogue/load";
import { checkedPlatform } from "../lib/project";
import { ensureExternalAuthority, saveEdgeAuthority } from "./certificate";
import { loadKubeconfig } from "../lib/kubeconfig";
import { deploymentStatuses } from "../lib/cluster/deployments";
import { httpsNodePort } from "./cluster";
import { type DeployTarget, embeddedNode, otherCluster } from "./destination";
import { withKeys } from "./config-entries";
import type { Deployed } from "./summary";

export interface UpOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly standinImage?: string;
    readonly engine: NonNullable<DeployOptions["engine"]>;
    readonly json?: true;
}

/** Deploys the stack local as its file defines it now; shows progress unless the output is JSON. */
export async function deployPlatform(options: UpOptions): Promise<Deployed> {
    const started = Date.now();
    // Report errors in the catalogue and the configuration before starting a node.
    const catalogue = loadCatalogue();
    const file = readStackFile(LOCAL_STACK, STACK_FOLDER);
    const local = checkedPlatform(`Pulumi.${LOCAL_STACK}.yaml`, file, catalogue);
    const entries = withKeys(file, (await ensureSigningKey()).jwks);

    const progress = options.json ? silentProgress() : terminalProgress();
    const { context } = options;
    const deployTarget =
        context === undefined
            ? await embeddedNode(entries, local, progress)
            : otherCluster(entries, { ...options, context });
    const platform = checkedPlatform(
        `the configuration for ${deployTarget.target}`,
        deployTarget.entries,
        catalogue,
    );

    const report = await deployWith(progress, options.engine, deployTarget);
    const cluster = loadKubeconfig(deployTarget);
    await saveEdgeAuthority(deployTarget, cluster);
    await ensureExternalAuthority(platform, deployTarget, cluster);
    const ingress = ingressOf(platform, deployTarget, await httpsNodePort(cluster));
    return {
        target: deployTarget.target,
        kubeconfig: deployTarget.kubeconfig,
        ...(context === undefined ? {} : { context }),
        report,
        deployments: await deploymentStatuses(cluster),
        ...(ingress === undefined ? {} : { ingress }),
        seconds: (Date.now() - started) / 1000,
    };
}

async function deployWith(
    progress: Progress,
    engine: UpOptions["engine"],
    { kubeconfig, context, entries, helm, state }: DeployTarget,
): Promise<DeployReport> {
    let report: DeployReport | undefined;
    const run = async (log: (line: string) => void): Promise<void> => {
        report = await deploy({
            stack: LOCAL_STACK,
            engine,
            configEntries: entries,
            kubeconfig,
            ...(context === undefined ? {} : { context }),
            tools: { helm },
            stateDir: state,
            progress: process.stdout.isTTY ? log : throttled(LINE_SECONDS, log),
        });
    };
    await progress.run([{ title: "Mesh", jobs: [{ title: "releases, policies, workloads", run }] }]);
    if (report === undefined) throw new Error("the deployment returned no report");
    return report;
}

/** Without a terminal every line stays in the log: print at most one in this many seconds. */
const LINE_SECONDS = 5;

function throttled(seconds: number, log: (line: string) => void): (line: string) => void {
    let last = Number.NEGATIVE_INFINITY;
    return (line) => {
        if (performance.now() - last < seconds * 1000) return;
        last = performance.now();
        log(line);
    };
}

/** How a client on this machine reaches the public gateway: by a host that requires no token, if there is one. */
function ingressOf(
    { catalogue, config }: Platform,
    { node }: DeployTarget,
    port: number | undefined,
): Deployed["ingress"] {
    const hosts = exposures(catalogue).filter(
        ({ exposure, port: { protocol } }) => exposure.gateway === "public" && protocol === "http",
    );
    const shown = hosts.find(({ exposure }) => exposure.authentication === "none") ?? hosts[0];
    if (node === undefined || port === undefined || shown === undefined) return undefined;
    const path =
        shown.exposure.requests?.find((request) => request.startsWith("GET "))?.slice("GET ".length) ?? "/";
    return {
        host: exposedHost(config, shown.exposure.host),
        path: path.replaceAll(/\{\*+\}/g, "example"),
        port,
        address: node.address,
        authority: node.authority,
    };
}
