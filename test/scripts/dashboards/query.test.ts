import assert from "node:assert/strict";
import { queryPanels } from "../../../scripts/dashboards/query";
import type { Board } from "../../../scripts/dashboards/board";
import { panel, SPAN } from "./samples";

const panelQuery = (expr: string, instant: boolean) => ({ expr, legend: "", instant });

const BOARD: Board = {
    uid: "board",
    title: "The board",
    byService: true,
    panels: [
        { ...panel("row", "short", ""), queries: [] },
        {
            ...panel("timeseries", "short", ""),
            queries: [panelQuery('up{of="$service"}', false), panelQuery("b", false)],
        },
        { ...panel("table", "short", ""), queries: [panelQuery("now", true)] },
    ],
};

/** Results as promtool prints them. */
const PRINTED: Readonly<Record<string, string>> = {
    'up{of="auth"}': `[{"metric":{"of":"auth"},"values":[[${SPAN.from},"612"],[${SPAN.to},"NaN"]]}]\n`,
    b: "[]\n",
    now: `[{"metric":{"of":"x"},"value":[${SPAN.to}.123,"2"]}]\n`,
};

describe("dashboard queries", () => {
    it("run over the time range, or at its end, with results in the panels' order", async () => {
        const commands: (readonly string[])[] = [];
        const results = await queryPanels(BOARD, "auth", SPAN, (command) => {
            commands.push(command);
            return Promise.resolve(PRINTED[command.at(-1) ?? ""] ?? "");
        });
        assert.deepEqual(
            results.map(({ results }) => results),
            [
                [],
                [
                    [
                        {
                            metric: { of: "auth" },
                            values: [
                                [SPAN.from, 612],
                                [SPAN.to, NaN],
                            ],
                        },
                    ],
                    [],
                ],
                [[{ metric: { of: "x" }, values: [[SPAN.to, 2]] }]],
            ],
        );
        const over = [`--start=${SPAN.from}`, `--end=${SPAN.to}`, "--step=60s"];
        assert.deepEqual(
            commands.map((command) => command.slice(2)),
            [
                ["range", "--format=json", ...over, "http://127.0.0.1:9090", 'up{of="auth"}'],
                ["range", "--format=json", ...over, "http://127.0.0.1:9090", "b"],
                ["instant", "--format=json", `--time=${SPAN.to}`, "http://127.0.0.1:9090", "now"],
            ],
        );
    });

    it("name the panel of a failed query", async () => {
        const rejects = () => Promise.reject(new Error("Prometheus did not answer: it is away"));
        await assert.rejects(queryPanels(BOARD, "auth", SPAN, rejects), {
            message: 'board, "The panel": Prometheus did not answer: it is away',
        });
    });
});
