import assert from "node:assert/strict";
import { drawn, panel, series, textsOf } from "./samples";

/** A panel's texts, without the dashboard's header. */
function panelTexts(...of: Parameters<typeof panel>): string[] {
    const [, , , title, ...rest] = textsOf(drawn(panel(...of)));
    assert.equal(title, "The panel");
    return rest;
}

describe("panels in pictures of dashboards", () => {
    it("show `No data` for every kind", () => {
        for (const kind of ["timeseries", "stat", "bargauge", "table"]) {
            assert.deepEqual(panelTexts(kind, "short", ""), ["No data"], kind);
            assert.deepEqual(panelTexts(kind, "short", "", series({ a: "b" }, NaN, NaN)), ["No data"], kind);
        }
    });

    it("show a number's last value with its unit", () => {
        assert.deepEqual(panelTexts("stat", "percentunit", "", series({}, 0.5, 0.25)), ["25%"]);
        assert.deepEqual(panelTexts("stat", "reqps", "", series({}, 3, 3.5, NaN)), ["3.5 req/s"]);
        assert.deepEqual(panelTexts("stat", "short", "", series({ of: "a" }, 1), series({ of: "b" }, 2)), [
            "the 1 largest of 2",
            "2",
        ]);
    });

    it("show bars by their last value, the largest first and with proportional length", () => {
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

    it("show the largest bars if not all fit, with a note", () => {
        const many = Array.from({ length: 40 }, (_, index) => series({ pod: `pod-${index}` }, index));
        const [title, ...shown] = panelTexts("bargauge", "short", "{{pod}}", ...many);
        const names = shown.filter((text) => text.startsWith("pod-"));
        assert.equal(title, `the ${names.length} largest of 40`);
        assert.ok(names.length >= 15);
        assert.equal(names[0], "pod-39");
    });

    it("show a table by its labels, the largest first", () => {
        const calls = [series({ from: "auth", to: "users" }, 1), series({ from: "web", to: "auth" }, 2)];
        assert.deepEqual(panelTexts("table", "reqps", "", ...calls), [
            ...["from", "to", "Value"],
            ...["web", "auth", "2 req/s"],
            ...["auth", "users", "1 req/s"],
        ]);
    });

    it("show the largest rows of a long table, with a note", () => {
        const many = Array.from({ length: 40 }, (_, index) => series({ from: `service-${index}` }, index));
        const [title, ...shown] = panelTexts("table", "reqps", "", ...many);
        const lines = shown.filter((text) => text.startsWith("service-"));
        assert.equal(title, `the ${lines.length} largest of 40`);
        assert.equal(lines[0], "service-39");
    });

    it("throw for an unknown kind", () => {
        assert.throws(
            () => panelTexts("piechart", "short", "", series({}, 1)),
            /the panel "The panel" has the unsupported type "piechart"/,
        );
    });

    it("truncate text that does not fit", () => {
        const [, , shown = ""] = panelTexts(
            "table",
            "short",
            "",
            series({ [`l${"a".repeat(200)}`]: "x" }, 1),
        ).reverse();
        assert.equal(shown, "Value");
        const [label = ""] = panelTexts("table", "short", "", series({ ["a".repeat(200)]: "x" }, 1));
        assert.match(label, /^a{10,60}…$/);
    });
});
