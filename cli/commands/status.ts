import Table from "cli-table3";
import { type NodeStatus, nodeStatus } from "../../local";
import { EXIT } from "../errors";
import { type Rollout, connect, rollouts } from "../up/cluster";
import { runningTable } from "../up/summary";

interface StatusOptions {
    readonly json?: true;
}

export async function status({ json }: StatusOptions): Promise<void> {
    const node = await nodeStatus();
    const { kubeconfig } = node;
    const workloads =
        node.state === "up" && kubeconfig !== undefined ? await rollouts(connect({ kubeconfig })) : [];
    const well = node.state === "up" && workloads.every(({ ready, wanted }) => ready >= wanted);
    process.exitCode = well ? EXIT.ok : EXIT.difference;
    process.stdout.write(
        json ? `${JSON.stringify({ node, workloads })}\n` : `${forPeople(node, workloads)}\n`,
    );
}

function forPeople(node: NodeStatus, workloads: readonly Rollout[]): string {
    if (node.state === "absent") return "There is no node. `make up` makes one.";
    const table = new Table({ head: ["part", "state", "pid", "since"], style: { head: [], border: [] } });
    for (const { name, state, pid, since, log } of node.parts) {
        table.push([
            name,
            state === "ok" ? state : `${state}; see ${log ?? "kubectl"}`,
            pid ?? "",
            since ?? "",
        ]);
    }
    const advice = node.state === "up" ? [] : ["`make up` starts what does not run."];
    return [
        `The node is ${node.state}${node.address === undefined ? "" : ` at ${node.address}`}.`,
        table.toString(),
        ...(workloads.length > 0 ? [runningTable(workloads)] : []),
        ...advice,
    ].join("\n");
}
