/** Which panels of dashboards show nothing: their queries, asked of the node's Prometheus. */
import type { Board } from "../../components/observability/dashboards/model";
import { inPrometheus } from "../../components/observability/dashboards/queries";
import type { Deployment } from "./deployment";
import { query } from "./prometheus";

const AT_ONCE = 4;

/** A panel's query, and where it stands. */
export interface Asked {
    readonly place: string;
    readonly expr: string;
}

export function queriesOf(boards: readonly Board[]): Asked[] {
    return boards.flatMap(({ uid, rows }) =>
        rows.flatMap(({ panels }) =>
            panels.flatMap(({ title, queries }) =>
                queries.map(({ expr, legend }) => ({ place: `${uid}: ${title} ${legend}`, expr })),
            ),
        ),
    );
}

/**
 * The places of those without an answer, sorted.
 *
 * @param service which is chosen where a board is about one
 */
export async function empty(node: Deployment, asked: readonly Asked[], service: string): Promise<string[]> {
    const found: string[] = [];
    const waiting = [...asked];
    const ask = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            const samples = await query(node, inPrometheus(next.expr, service));
            if (!samples.some(({ value }) => Number.isFinite(value))) found.push(next.place);
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    return found.sort();
}
