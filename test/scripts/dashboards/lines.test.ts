import assert from "node:assert/strict";
import { COLORS, pathOf } from "../../../scripts/dashboards/lines";
import { drawn, panel, series, SPAN, textsOf } from "./samples";

const AS_IS = { x: (time: number) => time, y: (value: number) => value };

describe("lines in pictures of dashboards", () => {
    it("break at missing values, and omit points on a level line", () => {
        const path = (...points: readonly (readonly [number, number])[]) => pathOf(points, 10, AS_IS);
        assert.equal(path([0, 1], [10, 2.26], [20, 3]), "M0 1 10 2.3 20 3");
        assert.equal(path([0, 1], [10, 2], [30, 3], [40, 4]), "M0 1 10 2M30 3 40 4");
        assert.equal(path([0, 1], [10, 2], [20, NaN], [30, 3], [40, 4]), "M0 1 10 2M30 3 40 4");
        assert.equal(path([0, 5], [10, 5], [20, 5], [30, 5], [40, 6]), "M0 5 30 5 40 6");
        assert.equal(path([0, 5], [20, 7]), "M0 5h0M20 7h0");
        assert.equal(path([0, NaN]), "");
    });

    it("have axes with units, from zero, and the time in UTC", () => {
        const texts = textsOf(drawn(panel("timeseries", "bytes", "{{pod}}", series({ pod: "a" }, 2e6, 4e6))));
        assert.deepEqual(
            texts.filter((text) => text.endsWith("MiB")),
            ["0 MiB", "1 MiB", "2 MiB", "3 MiB", "4 MiB"],
        );
        assert.deepEqual(texts.filter((text) => /^\d\d:\d\d$/.test(text)).slice(0, 2), ["01:00", "01:01"]);
    });

    it("are drawn if all values are 0", () => {
        const svg = drawn(panel("timeseries", "reqps", "{{pod}}", series({ pod: "a" }, 0, 0)));
        const texts = textsOf(svg);
        assert.ok(texts.includes("0 req/s") && texts.includes("1 req/s"), texts.join("|"));
        assert.doesNotMatch(svg, /NaN|Infinity/);
    });

    it("are named by the panel's legend, each in its color", () => {
        const svg = drawn(
            panel(
                "timeseries",
                "reqps",
                "{{ code }} {{of}}",
                series({ code: "503", of: "auth" }, 1),
                series({ code: "200" }, 2),
            ),
        );
        const texts = textsOf(svg);
        assert.ok(texts.includes("200 ") && texts.includes("503 auth"), texts.join("|"));
        assert.ok(COLORS.every((color, index) => svg.includes(`stroke="${color}"`) === index < 2));
    });

    it("have a legend in several columns and rows, inside the panel", () => {
        const pods = Array.from({ length: 6 }, (_, index) => `recordings-5d8f9c7b6d-${index}`);
        const svg = drawn(panel("timeseries", "short", "{{pod}}", ...pods.map((pod) => series({ pod }, 1))));
        const places = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>recordings-/g)];
        assert.equal(new Set(places.map(([, x, y]) => `${x} ${y}`)).size, pods.length);
        assert.equal(new Set(places.map(([, x]) => x)).size, 3);
        // A name takes about 150 pixels, the panel ends at 608.
        for (const [, x] of places) assert.ok(Number(x) < 450, x);
    });

    it("are limited to the highest of many, with a note", () => {
        const many = Array.from({ length: 11 }, (_, index) => series({ pod: `pod-${index}` }, index, 1));
        const texts = textsOf(drawn(panel("timeseries", "short", "{{pod}}", ...many)));
        assert.ok(texts.includes("the 8 largest of 11"), texts.join("|"));
        assert.deepEqual(
            texts.filter((text) => text.startsWith("pod-")),
            ["pod-10", "pod-3", "pod-4", "pod-5", "pod-6", "pod-7", "pod-8", "pod-9"],
        );
    });

    it("have enough contrast with the background, in light and dark", () => {
        const style = drawn(panel("timeseries", "short", "", series({}, 1)));
        const behind = [...style.matchAll(/\.panel\{fill:(#\w+)/g)].map(([, color = ""]) => color);
        assert.equal(behind.length, 2);
        for (const back of behind) {
            for (const line of COLORS) {
                const [low = 0, high = 0] = [luminance(back), luminance(line)].sort((a, b) => a - b);
                // WCAG 1.4.11 requires 3:1 for graphics.
                assert.ok((high + 0.05) / (low + 0.05) >= 3, `${line} on ${back}`);
            }
        }
    });

    it("cover the requested time range", () => {
        const svg = drawn(
            panel("timeseries", "short", "", series({}, ...Array.from({ length: 11 }, Number))),
        );
        assert.equal(SPAN.to - SPAN.from, 10 * SPAN.step);
        assert.ok(textsOf(svg).some((text) => text === "2026-11-30, 01:00 to 01:10 UTC"));
    });
});

/** The contrast ratio by WCAG. */
function luminance(color: string): number {
    const long = color.length === 4 ? color.replaceAll(/\w/g, "$&$&") : color;
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
        .map((at) => Number.parseInt(long.slice(at, at + 2), 16) / 255)
        .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
