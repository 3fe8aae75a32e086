/** What is inside a panel: by its kind, as Grafana names kinds. */
import type { Span } from "../../cli/status/promtool";
import type { Answered } from "./board";
import { type Box, type Inside, SMALL } from "./box";
import { drawLines, pathOf } from "./lines";
import { type Drawn, drawable, largest } from "./series";
import { element, text } from "./svg";
import { written } from "./units";

const NUMBER = 30;
const LINE = 22;

/** @throws Error where the pictures do not know the panel's kind, or its unit. */
export function inside(panel: Answered, box: Box, span: Span): Inside {
    const all = drawable(panel);
    if (all.length === 0) return { svg: noData(box), left: "" };
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
            throw new Error(`no picture knows panels of the kind "${panel.kind}" ("${panel.title}")`);
    }
}

function noData({ left, top, width, height }: Box): string {
    return text(left + width / 2, top + height / 2, "No data", { as: "soft", at: "middle", size: 14 });
}

/** The last value, before how it came there. */
function number(all: readonly Drawn[], unit: string, { left, top, width, height }: Box, span: Span): Inside {
    const { kept, left: said } = largest(all, 1, lastOf);
    const [only] = kept;
    if (only === undefined) return { svg: "", left: said };
    const values = only.values.map(([, value]) => value).filter(Number.isFinite);
    const low = Math.min(...values);
    const room = height * 0.35;
    // What never changed is a line at the bottom.
    const tall = Math.max(...values) - low || 1;
    const path = pathOf(only.values, span.step, {
        x: (time) => left + ((time - span.from) / (span.to - span.from)) * width,
        y: (value) => top + height - ((value - low) / tall) * room,
    });
    return {
        svg:
            element("path", { d: path, class: "trend" }) +
            text(left + width / 2, top + height / 2 + 6, written(only.last, unit), {
                as: "text",
                at: "middle",
                size: NUMBER,
            }),
        left: said,
    };
}

/** Each series' last value, the largest first. */
function bars(all: readonly Drawn[], unit: string, { left, top, width, height }: Box): Inside {
    const { kept, left: said } = largest(all, Math.floor(height / (SMALL + 2)), lastOf);
    const line = Math.min(LINE, height / kept.length);
    const most = Math.max(...kept.map(lastOf), Number.MIN_VALUE);
    const [names, values] = [width * 0.38, 80];
    const track = width - names - values - 16;
    const svg = kept.map(({ name, last }, index) => {
        const middle = top + line * (index + 0.5);
        const bar = { x: left + names + 8, y: middle - line * 0.35, height: line * 0.7 };
        const baseline = middle + SMALL * 0.36;
        return [
            text(left + names, baseline, name, { as: "text", at: "end", size: SMALL, within: names }),
            element("rect", { ...bar, width: track, class: "track" }),
            element("rect", { ...bar, width: (Math.max(0, last) / most) * track, class: "bar" }),
            text(left + width, baseline, written(last, unit), { as: "text", at: "end", size: SMALL }),
        ].join("");
    });
    return { svg: svg.join(""), left: said };
}

/** A line for each series: its labels, and its last value; the largest first. */
function table(all: readonly Drawn[], unit: string, { left, top, width, height }: Box): Inside {
    const columns = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))].sort();
    const { kept, left: said } = largest(all, Math.floor(height / LINE) - 1, lastOf);
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
        row([...columns.map((label) => labels[label] ?? ""), written(last, unit)], index + 1, "text"),
    );
    return { svg: [row([...columns, "Value"], 0, "soft"), ...rules, ...rows].join(""), left: said };
}

function lastOf({ last }: Drawn): number {
    return last;
}
