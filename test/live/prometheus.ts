/** What the node's Prometheus knows, asked inside its own pod: nobody else may. */
import type { Deployment } from "./deployment";

export interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: number;
}

/** The instant value of an expression. */
export async function query(node: Deployment, expression: string): Promise<Sample[]> {
    const printed = await node.kubectl([
        ...["exec", "--namespace", "monitoring", "deployment/prometheus", "--container", "prometheus", "--"],
        ...["/bin/promtool", "query", "instant", "--format=json", "http://127.0.0.1:9090", expression],
    ]);
    const found = JSON.parse(printed) as {
        readonly metric?: Readonly<Record<string, string>>;
        readonly value: readonly [number, string];
    }[];
    return found.map(({ metric = {}, value }) => ({ metric, value: Number(value[1]) }));
}

/** The value of an expression that has one; 0 where nothing was counted yet. */
export async function valueOf(node: Deployment, expression: string): Promise<number> {
    const [first, ...more] = await query(node, expression);
    if (more.length > 0) throw new Error(`${expression} has ${more.length + 1} values`);
    return first?.value ?? 0;
}
