import assert from "node:assert/strict";
import { drawn, panel, series, textsOf } from "./answers";

/** What a panel says, without its board's head. */
function saidBy(...of: Parameters<typeof panel>): string[] {
    const [, , , title, ...rest] = textsOf(drawn(panel(...of)));
    assert.equal(title, "The panel");
    return rest;
}

describe("panels in pictures of dashboards", () => {
    it("say so where there is no data, of whatever kind", () => {
        for (const kind of ["timeseries", "stat", "bargauge", "table"]) {
            assert.deepEqual(saidBy(kind, "short", ""), ["No data"], kind);
            assert.deepEqual(saidBy(kind, "short", "", series({ a: "b" }, NaN, NaN)), ["No data"], kind);
        }
    });

    it("show a number's last value with its unit", () => {
        assert.deepEqual(saidBy("stat", "percentunit", "", series({}, 0.5, 0.25)), ["25%"]);
        assert.deepEqual(saidBy("stat", "reqps", "", series({}, 3, 3.5, NaN)), ["3.5 req/s"]);
        assert.deepEqual(saidBy("stat", "short", "", series({ of: "a" }, 1), series({ of: "b" }, 2)), [
            "the 1 largest of 2",
            "2",
        ]);
    });

    it("show bars by their last value, the largest first and as long as they are large", () => {
        const svg = drawn(
            panel(
                "bargauge",
                "bytes",
                "{{pod}}",
                series({ pod: "a" }, 9000, 1024),
                series({ pod: "b" }, 2048),
            ),
        );
        assert.deepEqual(textsOf(svg).slice(-4), ["b", "2 KiB", "a", "1 KiB"]);
        const [long = 0, short = 0] = [...svg.matchAll(/width="([\d.]+)" class="bar"/g)].map(([, w]) =>
            Number(w),
        );
        assert.ok(long > 0 && Math.abs(long - 2 * short) < 0.2, `${long} ${short}`);
    });

    it("show the largest bars where there is no room for all, which is said", () => {
        const many = Array.from({ length: 40 }, (_, index) => series({ pod: `pod-${index}` }, index));
        const [said, ...shown] = saidBy("bargauge", "short", "{{pod}}", ...many);
        const names = shown.filter((text) => text.startsWith("pod-"));
        assert.equal(said, `the ${names.length} largest of 40`);
        assert.ok(names.length >= 15);
        assert.equal(names[0], "pod-39");
    });

    it("show a table by its labels, the largest first", () => {
        const calls = [series({ from: "auth", to: "users" }, 1), series({ from: "web", to: "auth" }, 2)];
        assert.deepEqual(saidBy("table", "reqps", "", ...calls), [
            ...["from", "to", "Value"],
            ...["web", "auth", "2 req/s"],
            ...["auth", "users", "1 req/s"],
        ]);
    });

    it("show the largest lines of a long table, which is said", () => {
        const many = Array.from({ length: 40 }, (_, index) => series({ from: `service-${index}` }, index));
        const [said, ...shown] = saidBy("table", "reqps", "", ...many);
        const lines = shown.filter((text) => text.startsWith("service-"));
        assert.equal(said, `the ${lines.length} largest of 40`);
        assert.equal(lines[0], "service-39");
    });

    it("are not drawn where their kind is unknown", () => {
        assert.throws(() => saidBy("piechart", "short", "", series({}, 1)), /"piechart" \("The panel"\)/);
    });

    it("cut what there is no room for", () => {
        const [, , shown = ""] = saidBy(
            "table",
            "short",
            "",
            series({ [`l${"a".repeat(200)}`]: "x" }, 1),
        ).reverse();
        assert.equal(shown, "Value");
        const [label = ""] = saidBy("table", "short", "", series({ ["a".repeat(200)]: "x" }, 1));
        assert.match(label, /^a{10,60}…$/);
    });
});
