/** Runs the queries of a dashboard's panels. */
import {
    queryCommand,
    rangeCommand,
    samplesIn,
    type Series,
    seriesIn,
    type Span,
} from "../../cli/status/promtool";
import { inPrometheus } from "../../components/observability/dashboards/queries";
import type { PanelData, Board, PanelQuery } from "./board";

/** Limits the load on Prometheus. */
const MAX_CONCURRENT_QUERIES = 4;

/**
 * @param run runs a promtool command in Prometheus' pod and returns its output
 * @returns the board's panels, in its order
 * @throws Error with the panel of the failed query
 */
export async function queryPanels(
    { uid, panels }: Board,
    service: string,
    span: Span,
    run: (command: readonly string[]) => Promise<string>,
): Promise<PanelData[]> {
    const results = panels.map(({ queries }) => queries.map((): readonly Series[] => []));
    const pending = panels.flatMap(({ title, queries }, panel) =>
        queries.map((query, index) => async () => {
            const series = await querySeries(query, service, span, run).catch((error: unknown) => {
                const why = error instanceof Error ? error.message : String(error);
                throw new Error(`${uid}, "${title}": ${why}`, { cause: error });
            });
            results[panel]?.splice(index, 1, series);
        }),
    );
    const worker = async (): Promise<void> => {
        for (let next = pending.shift(); next !== undefined; next = pending.shift()) await next();
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT_QUERIES }, worker));
    return panels.map((panel, index) => ({ ...panel, results: results[index] ?? [] }));
}

async function querySeries(
    { expr, instant }: PanelQuery,
    service: string,
    span: Span,
    run: (command: readonly string[]) => Promise<string>,
): Promise<Series[]> {
    const query = inPrometheus(expr, service);
    if (!instant) return seriesIn(await run(rangeCommand(query, span)));
    const samples = samplesIn(await run(queryCommand(query, span.to)));
    return samples.map(({ metric, value }) => ({ metric, values: [[span.to, value]] }));
}
