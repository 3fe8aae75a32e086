import assert from "node:assert/strict";
import { formatValue } from "../../../scripts/dashboards/units";

describe("values in pictures of dashboards", () => {
    it("have their unit, with a suitable prefix", () => {
        const cases: readonly (readonly [number, string, string])[] = [
            [12.345, "reqps", "12.3 req/s"],
            [12_345, "reqps", "12.3 kreq/s"],
            [0, "reqps", "0 req/s"],
            [7, "short", "7"],
            [24_000, "short", "24 k"],
            [0.00123, "percentunit", "0.123%"],
            [1, "percentunit", "100%"],
            [20, "percent", "20%"],
            [70 * 1024 * 1024, "bytes", "70 MiB"],
            [1_500_000, "Bps", "1.5 MB/s"],
            [3, "cps", "3 c/s"],
            [741.6, "ms", "742 ms"],
            [2_500, "ms", "2.5 s"],
            [0.0021, "s", "2.1 ms"],
            [86_399, "s", "24 h"],
            [90 * 86_400, "s", "90 d"],
            [-2 * 86_400, "s", "-2 d"],
            [89.96, "d", "90 d"],
        ];
        for (const [value, unit, text] of cases) assert.equal(formatValue(value, unit), text);
    });

    it("throw for an unknown unit", () => {
        assert.throws(() => formatValue(1, "furlongs"), /"furlongs".*units\.ts/);
    });
});
