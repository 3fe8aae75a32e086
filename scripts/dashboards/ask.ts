/** Asks a Prometheus what a dashboard's panels ask. */
import {
    queryCommand,
    rangeCommand,
    samplesIn,
    type Series,
    seriesIn,
    type Span,
} from "../../cli/status/promtool";
import { inPrometheus } from "../../components/observability/dashboards/queries";
import type { Answered, Board, Question } from "./board";

/** Prometheus has other things to do. */
const AT_ONCE = 4;

/**
 * @param run runs a command of promtool beside Prometheus, and gives what it printed
 * @returns the board's panels, in its order
 * @throws Error that names the panel whose question was not answered
 */
export async function ask(
    { uid, panels }: Board,
    service: string,
    span: Span,
    run: (command: readonly string[]) => Promise<string>,
): Promise<Answered[]> {
    const answers = panels.map(({ questions }) => questions.map((): readonly Series[] => []));
    const waiting = panels.flatMap(({ title, questions }, panel) =>
        questions.map((question, index) => async () => {
            const series = await answer(question, service, span, run).catch((error: unknown) => {
                const why = error instanceof Error ? error.message : String(error);
                throw new Error(`${uid}, "${title}": ${why}`, { cause: error });
            });
            answers[panel]?.splice(index, 1, series);
        }),
    );
    const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return panels.map((panel, index) => ({ ...panel, answers: answers[index] ?? [] }));
}

async function answer(
    { expr, instant }: Question,
    service: string,
    span: Span,
    run: (command: readonly string[]) => Promise<string>,
): Promise<Series[]> {
    const question = inPrometheus(expr, service);
    if (!instant) return seriesIn(await run(rangeCommand(question, span)));
    const samples = samplesIn(await run(queryCommand(question, span.to)));
    return samples.map(({ metric, value }) => ({ metric, values: [[span.to, value]] }));
}
