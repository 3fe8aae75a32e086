/** Series over time, with axes and a legend. */
import { scaleLinear, scaleUtc } from "d3-scale";
import type { Series, Span } from "../../cli/status/promtool";
import { type Box, type Drawing, SMALL } from "./box";
import { byName, type DrawnSeries, largest, peak } from "./series";
import { element, rounded, text, widthOf } from "./svg";
import { digits, sizeOf } from "./units";

/** Distinguishable colors, on light and dark backgrounds. A panel shows at most this many series. */
export const COLORS = [
    "#3b7ddd",
    "#e0752d",
    "#2f9e6e",
    "#d6455d",
    "#8a63d2",
    "#a8871a",
    "#1f9bb5",
    "#c95fb0",
] as const;

const AXIS = { left: 66, bottom: 20 } as const;
const LEGEND_LINE = 15;
const TICKS = { x: 7, y: 4 } as const;

export interface Scales {
    /** From Unix time in seconds. */
    readonly x: (time: number) => number;
    readonly y: (value: number) => number;
}

export function drawLines(all: readonly DrawnSeries[], unit: string, box: Box, span: Span): Drawing {
    const { kept, note } = largest(all, COLORS.length, peak);
    const shown = [...kept].sort(byName);
    const legend = legendOf(shown, box.width);
    const plot = {
        left: box.left + AXIS.left,
        top: box.top + 4,
        right: box.left + box.width,
        bottom: box.top + box.height - AXIS.bottom - legend.lines * LEGEND_LINE,
    };
    const { y, svg: values } = valueAxis(shown, unit, plot);
    const { x, svg: times } = timeAxis(span, plot);
    const lines = shown.map(({ values: points }, index) =>
        element("path", { d: pathOf(points, span.step, { x, y }), class: "line", stroke: color(index) }),
    );
    const legendTop = plot.bottom + AXIS.bottom;
    return { svg: values + times + lines.join("") + legend.at(box.left, legendTop), note };
}

interface Plot {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
}

/** Starts at zero, so that heights are comparable. */
function valueAxis(shown: readonly DrawnSeries[], unit: string, { left, top, right, bottom }: Plot) {
    const all = shown.flatMap(({ values }) => values.map(([, value]) => value)).filter(Number.isFinite);
    const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
    const { size, suffix } = sizeOf(unit, Math.max(-low, high));
    // An axis is drawn even if all values are zero.
    const scale = scaleLinear([low / size, low === high ? 1 : high / size], [bottom, top]).nice(TICKS.y);
    const svg = scale.ticks(TICKS.y).map((tick) => {
        const y = scale(tick);
        return (
            element("path", { d: `M${rounded(left)} ${rounded(y)}H${rounded(right)}`, class: "grid" }) +
            text(left - 6, y + 4, `${digits(tick)}${suffix}`, { as: "soft", at: "end", size: SMALL })
        );
    });
    return { y: (value: number) => scale(value / size), svg: svg.join("") };
}

function timeAxis({ from, to }: Span, { left, right, bottom }: Plot) {
    const scale = scaleUtc([from * 1000, to * 1000], [left, right]);
    const svg = scale.ticks(TICKS.x).map((tick) =>
        text(scale(tick), bottom + 15, tick.toISOString().slice(11, 16), {
            as: "soft",
            at: "middle",
            size: SMALL,
        }),
    );
    return { x: (time: number) => scale(time * 1000), svg: svg.join("") };
}

/** Places as many names on a line as fit. */
function legendOf(shown: readonly DrawnSeries[], width: number) {
    const [mark, gap] = [14, 14];
    let [line, used] = [0, 0];
    const places = shown.map(({ name }, index) => {
        const needed = Math.min(width, mark + widthOf(name, SMALL) + gap);
        if (used > 0 && used + needed > width) [line, used] = [line + 1, 0];
        const place = { name, index, x: used, line, within: needed - mark };
        used += needed;
        return place;
    });
    return {
        lines: line + 1,
        at: (left: number, top: number) =>
            places
                .map(({ name, index, x, line: down, within }) => {
                    const y = top + LEGEND_LINE * (down + 0.5);
                    const d = `M${rounded(left + x)} ${rounded(y)}h10`;
                    return (
                        element("path", { d, class: "line", stroke: color(index) }) +
                        text(left + x + mark, y + 4, name, { as: "text", at: "start", size: SMALL, within })
                    );
                })
                .join(""),
    };
}

function color(index: number): string {
    return COLORS[index % COLORS.length] ?? COLORS[0];
}

/**
 * The path of a series, interrupted at missing or non-finite points; a single point is a dot. Horizontal parts contain only
 * their ends.
 *
 * @param step seconds between two points
 */
export function pathOf(points: Series["values"], step: number, { x, y }: Scales): string {
    const runs: Series["values"][number][][] = [];
    let before = Number.NEGATIVE_INFINITY;
    for (const point of points) {
        if (!Number.isFinite(point[1])) continue;
        if (point[0] - before > 1.5 * step) runs.push([]);
        runs.at(-1)?.push(point);
        before = point[0];
    }
    return runs
        .map((run) => {
            const seen = run.map(([time, value]) => [rounded(x(time)), rounded(y(value))] as const);
            const bends = seen.filter(
                ([, level], index) => seen[index - 1]?.[1] !== level || seen[index + 1]?.[1] !== level,
            );
            const written = bends.map(([across, down]) => `${across} ${down}`).join(" ");
            return `M${written}${bends.length === 1 ? "h0" : ""}`;
        })
        .join("");
}
