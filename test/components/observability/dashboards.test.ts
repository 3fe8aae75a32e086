import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { platform as catalogue } from "../../../catalogue/platform";
import { boards } from "../../../components/observability/dashboards/boards";
import { inPrometheus } from "../../../components/observability/dashboards/queries";
import { observability } from "../../../components/observability/observability";
import { ruleGroups } from "../../../components/observability/rules/rules";
import { isKept } from "../../../components/observability/scrape";
import { loadStackFile } from "../../../config/load";
import { requirePromtool } from "../../support/promtool";

const ROOT = join(__dirname, "../../..");
const prod = boards(loadStackFile("prod", ROOT));
const panels = prod.flatMap(({ uid, rows }) =>
    rows.flatMap(({ title: row, panels: inRow }) =>
        inRow.map((panel) => ({ ...panel, place: `${uid}: ${row}: ${panel.title}` })),
    ),
);

/** A dashboard file, as far as the tests read it. */
interface Written {
    readonly uid: string;
    readonly panels: readonly {
        readonly type: string;
        readonly title: string;
        readonly targets?: readonly {
            readonly refId: string;
            readonly expr: string;
            readonly instant?: boolean;
        }[];
    }[];
}

function written(stack: "dev" | "local" | "prod"): readonly Written[] {
    const config = loadStackFile(stack, ROOT);
    return observability
        .derive({ catalogue, config })
        .objects.flatMap((object) =>
            object.kind === "ConfigMap" && object.metadata.labels?.["grafana_dashboard"] === "1"
                ? Object.values(object.data ?? {})
                : [],
        )
        .map((text) => JSON.parse(text) as Written);
}

describe("the dashboards", () => {
    it("are written if there is a Grafana, each with all panels and queries", () => {
        assert.deepEqual(written("local"), []);
        for (const stack of ["dev", "prod"] as const) {
            const dashboards = written(stack);
            assert.deepEqual(
                dashboards.map(({ uid }) => uid),
                prod.map(({ uid }) => uid),
            );
            assert.equal(new Set(dashboards.map(({ uid }) => uid)).size, prod.length);
            const shown = dashboards.flatMap(({ panels: all }) => all.filter(({ type }) => type !== "row"));
            assert.deepEqual(
                shown.map(({ title, targets = [] }) => [title, targets.map(({ expr }) => expr)]),
                panels.map(({ title, queries }) => [
                    title,
                    queries.map(({ expr }) => expr.replaceAll("$window", "5m")),
                ]),
            );
            for (const { title, targets = [] } of shown)
                assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
        }
    });

    it("use instant queries for rankings and lists, which would otherwise show past series", () => {
        const kinds = new Set<string>();
        for (const { type, targets = [] } of written("prod").flatMap(({ panels: all }) => all)) {
            const isOfNow = type === "bargauge" || type === "table";
            if (targets.length > 0) kinds.add(type);
            assert.ok(
                targets.every(({ instant = false }) => instant === isOfNow),
                type,
            );
        }
        assert.deepEqual([...kinds].sort(), ["bargauge", "stat", "table", "timeseries"]);
    });

    it("query only series that Prometheus keeps or its rules record", () => {
        const records = new Set(
            ruleGroups(catalogue).flatMap(({ rules }) =>
                rules.flatMap((rule) => ("record" in rule ? [rule.record] : [])),
            ),
        );
        // Series that Prometheus generates.
        const builtIn = new Set(["ALERTS", "scrape_samples_post_metric_relabeling"]);
        for (const { place, queries } of panels) {
            const series = queries.flatMap(({ expr }) => {
                const bare = expr.replaceAll(/\{[^}]*\}/g, "{").replaceAll(/\b(by|on) \([^)]*\)/g, "");
                // A series' name has an underscore or a colon, and no parenthesis after it, unlike a function.
                return [...bare.matchAll(/\b([a-zA-Z]+[:_][\w:]*|ALERTS)\b(?!\()/g)].map(([name]) => name);
            });
            for (const name of series)
                assert.ok(isKept(name) || records.has(name) || builtIn.has(name), `${place} queries ${name}`);
            assert.ok(series.length > 0 || queries.some(({ expr }) => expr.includes("__name__")), place);
        }
    });

    it("use PromQL that promtool accepts", async function () {
        const check = await requirePromtool(this);
        const rules = panels.flatMap(({ queries }, panel) =>
            queries.map(({ expr }, index) => ({
                record: `panel:${panel}:${index}`,
                expr: inPrometheus(expr, "recordings"),
            })),
        );
        const folder = mkdtempSync(join(tmpdir(), "mesh-dashboards-"));
        try {
            const file = join(folder, "queries.yml");
            writeFileSync(file, stringify({ groups: [{ name: "dashboards", rules }] }));
            await check(["check", "rules", file]);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
