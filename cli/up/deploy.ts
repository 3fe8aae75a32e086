/** The deployment of the stack of this machine, to its node or to a cluster at hand. */
import { exposures } from "../../catalogue/query";
import { exposedHost } from "../../components/base/names";
import type { Platform } from "../../components/base/platform";
import { readStackFile } from "../../config/load";
import { ensureSigningKey, type Progress, silentProgress, terminalProgress } from "../../local";
import { type DeployOptions, type DeployReport, deploy } from "../../local/engine";
import { LOCAL_STACK, PROJECT_FOLDER } from "../checkout";
import { loadCatalogue } from "../../catalogue/load";
import { checkedPlatform } from "../project";
import { ensureOutsideAuthority, saveEdgeAuthority } from "./certificate";
import { connect, httpsNodePort, rollouts } from "./cluster";
import { type Destination, embeddedNode, otherCluster } from "./destination";
import { withKeys } from "./entries";
import type { Deployed } from "./summary";

export interface UpOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly standinImage?: string;
    readonly engine: NonNullable<DeployOptions["engine"]>;
    readonly json?: true;
}

/** Deploys the stack of this machine as its file has it now; shows its progress unless JSON is wanted. */
export async function deployPlatform(options: UpOptions): Promise<Deployed> {
    const started = Date.now();
    // What is wrong with the platform is said before a node is started for it.
    const catalogue = loadCatalogue();
    const file = readStackFile(LOCAL_STACK, PROJECT_FOLDER);
    checkedPlatform(`Pulumi.${LOCAL_STACK}.yaml`, file, catalogue);
    const entries = withKeys(file, (await ensureSigningKey()).jwks);

    const progress = options.json ? silentProgress() : terminalProgress();
    const { context } = options;
    const destination =
        context === undefined
            ? await embeddedNode(entries, catalogue, progress)
            : otherCluster(entries, { ...options, context });
    const platform = checkedPlatform(
        `the configuration for ${destination.where}`,
        destination.entries,
        catalogue,
    );

    const report = await deployWith(progress, options.engine, destination);
    const cluster = connect(destination);
    await saveEdgeAuthority(destination, cluster);
    await ensureOutsideAuthority(platform, destination, cluster);
    const entry = entryOf(platform, destination, await httpsNodePort(cluster));
    return {
        where: destination.where,
        kubeconfig: destination.kubeconfig,
        ...(context === undefined ? {} : { context }),
        report,
        rollouts: await rollouts(cluster),
        ...(entry === undefined ? {} : { entry }),
        seconds: (Date.now() - started) / 1000,
    };
}

async function deployWith(
    progress: Progress,
    engine: UpOptions["engine"],
    { kubeconfig, context, entries, helm, state }: Destination,
): Promise<DeployReport> {
    let report: DeployReport | undefined;
    const run = async (tell: (line: string) => void): Promise<void> => {
        report = await deploy({
            stack: LOCAL_STACK,
            engine,
            configEntries: entries,
            kubeconfig,
            ...(context === undefined ? {} : { context }),
            tools: { helm },
            stateDir: state,
            progress: process.stdout.isTTY ? tell : atMostEvery(LINE_SECONDS, tell),
        });
    };
    await progress.run([{ title: "Mesh", jobs: [{ title: "releases, policies, workloads", run }] }]);
    if (report === undefined) throw new Error("the deployment ended without a report");
    return report;
}

/** Off a terminal each line stays; one every few seconds shows that it goes on. */
const LINE_SECONDS = 5;

function atMostEvery(seconds: number, tell: (line: string) => void): (line: string) => void {
    let last = Number.NEGATIVE_INFINITY;
    return (line) => {
        if (performance.now() - last < seconds * 1000) return;
        last = performance.now();
        tell(line);
    };
}

/** How a client on this machine reaches the public gateway: an HTTP host that asks for no token, if it serves one. */
function entryOf(
    { catalogue, config }: Platform,
    { node }: Destination,
    port: number | undefined,
): Deployed["entry"] {
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
