/** Draws a dashboard: its rows and panels at Grafana's positions, with query results. */
import type { Span } from "../../cli/status/promtool";
import type { PanelData, Board, Place } from "./board";
import { type Box, SMALL } from "./box";
import { drawPanel } from "./panels";
import { element, text, widthOf } from "./svg";

/** Grafana's grid, in pixels. */
const GRID = { columns: 24, column: 50, row: 30, gap: 8 } as const;
const HEAD = 56;
const EDGE = 12;
const TITLE = 26;
const WIDTH = GRID.columns * GRID.column + 2 * EDGE;

/** Follows the viewer's color scheme. */
const STYLE = `
.back{fill:#f2f3f5}.panel{fill:#fff;stroke:#d8dade}.text{fill:#24292f}.soft{fill:#6a7078}
.grid{stroke:#e4e6e9;fill:none}.track{fill:#eceef1}.bar{fill:#3b7ddd}
.strong{font-weight:600}
.line,.trend{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}.trend{stroke:#3b7ddd;opacity:.55}
@media (prefers-color-scheme:dark){
.back{fill:#101216}.panel{fill:#191c22;stroke:#2c3038}.text{fill:#dde1e6}.soft{fill:#949aa3}
.grid{stroke:#292d35}.track{fill:#262a31}}
`;

export interface PictureOptions {
    readonly board: Board;
    /** The board's panels, in its order. */
    readonly panels: readonly PanelData[];
    readonly span: Span;
    /** The selected service, shown only by boards with a service variable. */
    readonly service: string;
}

/**
 * Deterministic: the same results yield the same bytes.
 *
 * @throws Error for an unsupported panel type or unit.
 */
export function picture({ board, panels, span, service }: PictureOptions): string {
    const rows = Math.max(0, ...panels.map(({ place: { y, h } }) => y + h));
    const height = HEAD + rows * GRID.row + EDGE;
    return `${element(
        "svg",
        {
            xmlns: "http://www.w3.org/2000/svg",
            viewBox: `0 0 ${WIDTH} ${height}`,
            width: WIDTH,
            height,
            role: "img",
            "font-family": "Inter, Helvetica, Arial, sans-serif",
        },
        element("title", {}, board.title),
        element("style", {}, STYLE),
        element("rect", { width: WIDTH, height, class: "back" }),
        ...head(board, span, service),
        ...panels.map((panel) => `\n${panel.kind === "row" ? row(panel) : framed(panel, span)}`),
    )}\n`;
}

function head({ title, byService }: Board, { from, to }: Span, service: string): string[] {
    const time = (at: number): string => new Date(at * 1000).toISOString().slice(11, 16);
    const day = new Date(from * 1000).toISOString().slice(0, 10);
    const about = [...(byService ? [`service ${service}`] : []), `${day}, ${time(from)} to ${time(to)} UTC`];
    return [
        text(EDGE, 26, title, { as: "text strong", at: "start", size: 20 }),
        text(EDGE, 45, "Drawn from the dashboard's JSON and Prometheus' query results, not by Grafana.", {
            as: "soft",
            at: "start",
            size: SMALL,
        }),
        text(WIDTH - EDGE, 26, about.join(" · "), { as: "soft", at: "end", size: 13 }),
    ];
}

function row({ title, place }: PanelData): string {
    const { left, top } = boxOf(place);
    return text(left, top + 17, title, { as: "text strong", at: "start", size: 15 });
}

function framed(panel: PanelData, span: Span): string {
    const { left, top, width, height } = boxOf(panel.place);
    const room = { left: left + 10, top: top + TITLE, width: width - 20, height: height - TITLE - 8 };
    const { svg, note } = drawPanel(panel, room, span);
    const aside = note === "" ? 0 : widthOf(note, SMALL) + 10;
    return [
        element("rect", { x: left, y: top, width, height, rx: 3, class: "panel" }),
        text(room.left, top + 18, panel.title, {
            as: "text strong",
            at: "start",
            size: 13,
            within: room.width - aside,
        }),
        ...(note === ""
            ? []
            : [text(left + width - 10, top + 18, note, { as: "soft", at: "end", size: SMALL })]),
        svg,
    ].join("");
}

function boxOf({ x, y, w, h }: Place): Box {
    return {
        left: EDGE + x * GRID.column + GRID.gap / 2,
        top: HEAD + y * GRID.row,
        width: w * GRID.column - GRID.gap,
        height: h * GRID.row - GRID.gap,
    };
}
