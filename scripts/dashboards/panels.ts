/** Draws panels, by Grafana's panel types. */
import type { Span } from "../../cli/status/promtool";
import type { PanelData } from "./board";
import { type Box, type Drawing, SMALL } from "./box";
import { drawLines, pathOf } from "./lines";
import { type DrawnSeries, drawable, largest } from "./series";
import { element, text } from "./svg";
import { formatValue } from "./units";

const NUMBER = 30;
const LINE = 22;

/** @throws Error for an unsupported panel type or unit. */
export function drawPanel(panel: PanelData, box: Box, span: Span): Drawing {
    const all = drawable(panel);
    if (all.length === 0) return { svg: noData(box), note: "" };
    switch (panel.kind) {
        case "timeseries":
            return drawLines(all, panel.unit, box, span);
        case "stat":
            return number(all, panel.unit, box, span);
        case "bargauge":
            return bars(all, panel.unit, box);
        case "table":
            return table(all, panel.unit, box);
        default:
            throw new Error(
                `the panel "${panel.title}" has the unsupported type "${panel.kind}": add it to scripts/dashboards/panels.ts`,
            );
    }
}

function noData({ left, top, width, height }: Box): string {
    return text(left + width / 2, top + height / 2, "No data", { as: "soft", at: "middle", size: 14 });
}

/** The last value, over a sparkline. */
function number(
    all: readonly DrawnSeries[],
    unit: string,
    { left, top, width, height }: Box,
    span: Span,
): Drawing {
    const { kept, note } = largest(all, 1, lastOf);
    const [only] = kept;
    if (only === undefined) return { svg: "", note };
    const values = only.values.map(([, value]) => value).filter(Number.isFinite);
    const low = Math.min(...values);
    const room = height * 0.35;
    // A constant series is a line at the bottom.
    const tall = Math.max(...values) - low || 1;
    const path = pathOf(only.values, span.step, {
        x: (time) => left + ((time - span.from) / (span.to - span.from)) * width,
        y: (value) => top + height - ((value - low) / tall) * room,
    });
    return {
        svg:
            element("path", { d: path, class: "trend" }) +
            text(left + width / 2, top + height / 2 + 6, formatValue(only.last, unit), {
                as: "text",
                at: "middle",
                size: NUMBER,
            }),
        note,
    };
}

/** The last value of each series, the largest first. */
function bars(all: readonly DrawnSeries[], unit: string, { left, top, width, height }: Box): Drawing {
    const { kept, note } = largest(all, Math.floor(height / (SMALL + 2)), lastOf);
    const line = Math.min(LINE, height / kept.length);
    const maxValue = Math.max(...kept.map(lastOf), Number.MIN_VALUE);
    const [names, values] = [width * 0.38, 80];
    const track = width - names - values - 16;
    const svg = kept.map(({ name, last }, index) => {
        const middle = top + line * (index + 0.5);
        const bar = { x: left + names + 8, y: middle - line * 0.35, height: line * 0.7 };
        const baseline = middle + SMALL * 0.36;
        return [
            text(left + names, baseline, name, { as: "text", at: "end", size: SMALL, within: names }),
            element("rect", { ...bar, width: track, class: "track" }),
            element("rect", { ...bar, width: (Math.max(0, last) / maxValue) * track, class: "bar" }),
            text(left + width, baseline, formatValue(last, unit), { as: "text", at: "end", size: SMALL }),
        ].join("");
    });
    return { svg: svg.join(""), note };
}

/** One row for each series: its labels and its last value; the largest first. */
function table(all: readonly DrawnSeries[], unit: string, { left, top, width, height }: Box): Drawing {
    const columns = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))].sort();
    const { kept, note } = largest(all, Math.floor(height / LINE) - 1, lastOf);
    const column = width / (columns.length + 1);
    const row = (cells: readonly string[], index: number, as: string): string =>
        cells
            .map((cell, at) =>
                text(left + column * at, top + LINE * (index + 0.7), cell, {
                    as,
                    at: "start",
                    size: SMALL + 1,
                    within: column - 8,
                }),
            )
            .join("");
    const rules = kept.map((_, index) => {
        const y = top + LINE * (index + 1);
        return element("path", { d: `M${left} ${y}h${width}`, class: "grid" });
    });
    const rows = kept.map(({ labels, last }, index) =>
        row([...columns.map((label) => labels[label] ?? ""), formatValue(last, unit)], index + 1, "text"),
    );
    return { svg: [row([...columns, "Value"], 0, "soft"), ...rules, ...rows].join(""), note };
}

function lastOf({ last }: DrawnSeries): number {
    return last;
}
