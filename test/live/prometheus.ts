/** Queries the local cluster's Prometheus in its pod: no other workload has access. */
import { queryCommand, type Sample, samplesIn } from "../../cli/status/promtool";
import type { Deployment } from "./deployment";

/** The instant value of an expression. */
export async function query(node: Deployment, expression: string): Promise<Sample[]> {
    const printed = await node.kubectl([
        ...["exec", "--namespace", "monitoring", "deployment/prometheus", "--container", "prometheus", "--"],
        ...queryCommand(expression),
    ]);
    return samplesIn(printed);
}

/** The value of an expression; 0 without a series. */
export async function valueOf(node: Deployment, expression: string): Promise<number> {
    const [first, ...more] = await query(node, expression);
    if (more.length > 0) throw new Error(`${expression} has ${more.length + 1} values`);
    return first?.value ?? 0;
}
