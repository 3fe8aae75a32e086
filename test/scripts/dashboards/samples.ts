/** Sample panels and results. */
import type { Series, Span } from "../../../cli/status/promtool";
import type { PanelData, Board } from "../../../scripts/dashboards/board";
import { picture } from "../../../scripts/dashboards/picture";

/** Ten minutes of 2026-11-30, one point per minute. */
export const SPAN: Span = { from: 1796000400, to: 1796001000, step: 60 };

/** A series with these values, one per minute. */
export function series(metric: Series["metric"], ...values: readonly number[]): Series {
    return { metric, values: values.map((value, index) => [SPAN.from + index * SPAN.step, value]) };
}

export function panel(kind: string, unit: string, legend: string, ...results: readonly Series[]): PanelData {
    return {
        kind,
        title: "The panel",
        unit,
        place: { x: 0, y: 0, w: 12, h: 8 },
        queries: [{ expr: "up", legend, instant: false }],
        results: [results],
    };
}

export function drawn(...panels: readonly PanelData[]): string {
    const board: Board = { uid: "board", title: "The board", byService: false, panels };
    return picture({ board, panels, span: SPAN, service: "auth" });
}

/** The texts of a picture, in order. */
export function textsOf(svg: string): string[] {
    return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);
}
