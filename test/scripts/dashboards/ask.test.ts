import assert from "node:assert/strict";
import { ask } from "../../../scripts/dashboards/ask";
import type { Board } from "../../../scripts/dashboards/board";
import { panel, SPAN } from "./answers";

const asking = (expr: string, instant: boolean) => ({ expr, legend: "", instant });

const BOARD: Board = {
    uid: "board",
    title: "The board",
    byService: true,
    panels: [
        { ...panel("row", "short", ""), questions: [] },
        {
            ...panel("timeseries", "short", ""),
            questions: [asking('up{of="$service"}', false), asking("b", false)],
        },
        { ...panel("table", "short", ""), questions: [asking("now", true)] },
    ],
};

/** As promtool prints them. */
const PRINTED: Readonly<Record<string, string>> = {
    'up{of="auth"}': `[{"metric":{"of":"auth"},"values":[[${SPAN.from},"612"],[${SPAN.to},"NaN"]]}]\n`,
    b: "[]\n",
    now: `[{"metric":{"of":"x"},"value":[${SPAN.to}.123,"2"]}]\n`,
};

describe("the questions of dashboards", () => {
    it("are asked over the time, or at its end, and answered in the panels' order", async () => {
        const commands: (readonly string[])[] = [];
        const answered = await ask(BOARD, "auth", SPAN, (command) => {
            commands.push(command);
            return Promise.resolve(PRINTED[command.at(-1) ?? ""] ?? "");
        });
        assert.deepEqual(
            answered.map(({ answers }) => answers),
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

    it("say of which panel one is that is not answered", async () => {
        const refuses = () => Promise.reject(new Error("Prometheus did not answer: it is away"));
        await assert.rejects(ask(BOARD, "auth", SPAN, refuses), {
            message: 'board, "The panel": Prometheus did not answer: it is away',
        });
    });
});
