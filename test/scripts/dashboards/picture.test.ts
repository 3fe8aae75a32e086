import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { platform } from "../../../catalogue/platform";
import { dashboards } from "../../../components/observability/dashboards/config-maps";
import { loadStackFile } from "../../../config/load";
import { type PanelData, boardOf } from "../../../scripts/dashboards/board";
import { picture } from "../../../scripts/dashboards/picture";
import { drawn, panel, series, SPAN, textsOf } from "./samples";

const ROOT = join(__dirname, "../../..");
const BOARDS = dashboards(loadStackFile("prod", ROOT)).flatMap(({ data }) =>
    Object.values(data ?? {}).map(boardOf),
);

/** The maximum load of the platform: a series for each service in every panel, none of them level. */
const BUSY = Object.keys(platform.services).map((service, index) =>
    series(
        { service, pod: `${service}-5d8f9c7b6d-x8k2q`, source_workload: service },
        ...Array.from({ length: 61 }, (_, minute) => 100 + Math.sin(minute + index) * index),
    ),
);

function busy(board: (typeof BOARDS)[number]): string {
    // A stat panel's query returns one series.
    const panels = board.panels.map((of): PanelData => ({
        ...of,
        results: of.queries.map(() => BUSY.slice(0, of.kind === "stat" ? 1 : undefined)),
    }));
    const span = { ...SPAN, to: SPAN.from + 60 * SPAN.step };
    return picture({ board, panels, span, service: "recordings" });
}

describe("pictures of dashboards", () => {
    it("show each row and panel of each of production's dashboards, in Grafana's layout", () => {
        assert.equal(BOARDS.length, 6);
        for (const board of BOARDS) {
            const svg = busy(board);
            const texts = textsOf(svg);
            for (const { title } of board.panels) assert.ok(texts.includes(title), `${board.uid}: ${title}`);
            const frames = [
                ...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]*class="panel"/g),
            ];
            const places = board.panels.filter(({ kind }) => kind !== "row").map(({ place }) => place);
            assert.deepEqual(
                frames.map(([, x, y, width]) => [Number(x), Number(y), Number(width)]),
                places.map(({ x, y, w }) => [16 + 50 * x, 56 + 30 * y, 50 * w - 8]),
            );
            const end = Math.max(...places.map(({ y, h }) => y + h));
            assert.ok(svg.includes(` height="${56 + 30 * end + 12}" role="img"`), board.uid);
        }
    });

    it("are small enough for the docs, even for a busy mesh", () => {
        for (const board of BOARDS)
            assert.ok(busy(board).length < 120_000, `${board.uid}: ${busy(board).length}`);
    });

    it("state that Grafana did not render them, and which service is selected", () => {
        for (const board of BOARDS) {
            const texts = textsOf(busy(board));
            assert.ok(texts.some((text) => text.includes("not by Grafana")));
            assert.equal(
                texts.some((text) => text.startsWith("service recordings · ")),
                board.uid === "sparc-service",
            );
        }
    });

    it("are included in the docs", () => {
        const docs = readFileSync(join(ROOT, "docs/reference/dashboards.md"), "utf8");
        const shown = [...docs.matchAll(/!\[[^\]]*"([^"]+)"\]\(\.\.\/images\/dashboards\/([\w-]+)\.svg\)/g)];
        assert.deepEqual(
            shown.map(([, title, uid]) => ({ uid, title })),
            BOARDS.map(({ uid, title }) => ({ uid, title })),
        );
    });

    it("detect a dashboard with a service variable", () => {
        const chosen = (...list: readonly string[]) =>
            boardOf(JSON.stringify({ templating: { list: list.map((name) => ({ name })) }, panels: [] }))
                .byService;
        assert.deepEqual([chosen("region", "service"), chosen("region"), chosen()], [true, false, false]);
    });

    it("are valid SVG for any label value", () => {
        const svg = drawn(panel("bargauge", "short", "{{of}}", series({ of: '<b> & "c"' }, 1)));
        assert.ok(textsOf(svg).includes("&lt;b> &amp; &quot;c&quot;"));
    });
});
