import { defaultKubeconfig } from "../lib/kubeconfig";
import { EXIT } from "../lib/errors";
import { NAMESPACES } from "../../components/base/names";
import { loadPlatform } from "../lib/project";
import { runningNode } from "../up/running";
import { connect } from "../lib/cluster/kubernetes";
import { checkWorkloads } from "../workloads/check";
import type { ReadObject } from "../workloads/model";
import { readCluster, readManifests } from "../workloads/read";
import { toText } from "../workloads/text";

interface WorkloadsOptions {
    readonly stack: string;
    readonly service?: string;
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly json?: true;
}

/** Exits with 1 if a finding breaks traffic. The only action is `check`. */
export async function workloads(
    _action: string,
    files: readonly string[],
    options: WorkloadsOptions,
): Promise<void> {
    const platform = loadPlatform(options.stack);
    const report = checkWorkloads(await objectsOf(files, options), platform, options.service);
    if (report.workloads.length === 0 && files.length > 0)
        throw new Error(
            `there is no workload in ${files.join(", ")}. Pass manifests with a Deployment, StatefulSet, DaemonSet, Job, CronJob or Pod.`,
        );
    process.stdout.write(`${options.json ? JSON.stringify(report) : toText(report)}\n`);
    const isBroken = report.findings.some(({ severity }) => severity === "error");
    process.exitCode = isBroken ? EXIT.difference : EXIT.ok;
}

/** The objects of the manifests; without any, those of the services' namespace on the cluster. */
async function objectsOf(
    files: readonly string[],
    { context, kubeconfig }: WorkloadsOptions,
): Promise<ReadObject[]> {
    if (files.length > 0) {
        if (context !== undefined)
            throw new Error("pass either manifests or --context: the command checks one of the two");
        return readManifests(files);
    }
    const location =
        context === undefined
            ? { kubeconfig: (await runningNode()).kubeconfig }
            : { context, kubeconfig: defaultKubeconfig(kubeconfig) };
    return await readCluster(await connect(location), NAMESPACES.services);
}
