/** Finds dashboard panels without data, by their queries in the local cluster's Prometheus. */
import type { Board } from "../../components/observability/dashboards/model";
import { inPrometheus } from "../../components/observability/dashboards/queries";
import type { Deployment } from "./deployment";
import { query } from "./prometheus";

const CONCURRENT = 4;

/** A panel's query with its location. */
export interface PanelQuery {
    readonly place: string;
    readonly expr: string;
}

export function queriesOf(boards: readonly Board[]): PanelQuery[] {
    return boards.flatMap(({ uid, rows }) =>
        rows.flatMap(({ panels }) =>
            panels.flatMap(({ title, queries }) =>
                queries.map(({ expr, legend }) => ({ place: `${uid}: ${title} ${legend}`, expr })),
            ),
        ),
    );
}

/**
 * The locations of queries without data, sorted.
 *
 * @param service the value of the dashboards' service variable
 */
export async function emptyPanels(
    node: Deployment,
    queries: readonly PanelQuery[],
    service: string,
): Promise<string[]> {
    const emptyPlaces: string[] = [];
    const waiting = [...queries];
    const work = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            const samples = await query(node, inPrometheus(next.expr, service));
            if (!samples.some(({ value }) => Number.isFinite(value))) emptyPlaces.push(next.place);
        }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, work));
    return emptyPlaces.sort();
}
