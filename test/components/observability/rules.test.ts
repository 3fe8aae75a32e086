import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { platform as catalogue } from "../../../catalogue/platform";
import { servicesOf } from "../../../catalogue/query";
import type { Alert, RuleGroup } from "../../../components/observability/rules/model";
import { ruleGroups } from "../../../components/observability/rules/rules";
import { type Promtool, requirePromtool } from "../../support/promtool";
import { CASES, type Case } from "./cases";

const ROOT = join(__dirname, "../../..");
const groups = ruleGroups(catalogue);
const alerts = groups.flatMap(({ rules }) => rules).filter((rule): rule is Alert => "alert" in rule);

/** What promtool is to find at each minute: labels of all alerts that fire, those of the rules included. */
function unitTest({ alert, series, fires }: Case): unknown {
    const rules = alerts.filter((rule) => rule.alert === alert);
    return {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alert_rule_test: Object.entries(fires).map(([minute, firing]) => ({
            eval_time: `${minute}m`,
            alertname: alert,
            exp_alerts: firing.map((labels) => {
                const fitting = rules.filter((rule) =>
                    Object.entries(rule.labels).every(
                        ([name, value]) => labels[name] === undefined || labels[name] === value,
                    ),
                );
                // Where several rules of one name differ by limit, the case's service says which it is.
                const rule =
                    fitting.length > 1
                        ? fitting.find(({ expr }) => expr.includes(labels["service"] ?? ""))
                        : fitting[0];
                return { exp_labels: { ...rule?.labels, ...labels } };
            }),
        })),
    };
}

/** promtool compares what alerts say, too, in which the value stands. */
function withoutWords({ name, rules }: RuleGroup): unknown {
    return {
        name,
        rules: rules.map((rule) => ("alert" in rule ? { ...rule, annotations: undefined } : rule)),
    };
}

describe("the alerts, run by promtool", () => {
    const folder = mkdtempSync(join(tmpdir(), "mesh-rules-"));
    let check: Promtool;

    function write(name: string, value: unknown): string {
        const file = join(folder, name);
        writeFileSync(file, stringify(value, { aliasDuplicateObjects: false }));
        return file;
    }

    before(async function () {
        check = await requirePromtool(this);
        write("rules.yml", { groups });
        write("conditions.yml", { groups: groups.map(withoutWords) });
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });

    it("are rules that promtool accepts", async () => {
        await check(["check", "rules", "--lint=all", "--lint-fatal", join(folder, "rules.yml")]);
    });

    for (const one of CASES) {
        it(`${one.alert} fires for its cause, for nothing else, and no longer`, async () => {
            const file = write(`${one.alert}.test.yml`, {
                rule_files: ["conditions.yml"],
                evaluation_interval: "1m",
                tests: [unitTest(one)],
            });
            await check(["test", "rules", file]);
        });
    }

    it("read shares of what fails that are there, and 0, where nothing did", async () => {
        const call = (code: string) =>
            `istio_requests_total{reporter="source",destination_service_namespace="sparc",destination_service_name="auth",response_code="${code}"}`;
        const ratio = "service:failures:ratio_rate5m";
        const is = (value: number) => [{ labels: `${ratio}{service="auth"}`, value }];
        const file = write("shares.test.yml", {
            rule_files: ["conditions.yml"],
            evaluation_interval: "1m",
            tests: [
                {
                    interval: "1m",
                    input_series: [
                        { series: call("200"), values: "0+30x40" },
                        { series: call("503"), values: "_x20 0+10x20" },
                        { series: call("503").replace("}", ',probe="true"}'), values: "0+900x40" },
                    ],
                    promql_expr_test: [
                        { expr: ratio, eval_time: "15m", exp_samples: is(0) },
                        { expr: ratio, eval_time: "35m", exp_samples: is(0.25) },
                    ],
                },
            ],
        });
        await check(["test", "rules", file]);
    });
});

describe("the alerts", () => {
    it("all have a case that fires, and minutes before and after in which it does not", () => {
        const names = new Set(alerts.map(({ alert }) => alert));
        assert.deepEqual(new Set(CASES.map(({ alert }) => alert)), names);
        for (const { alert, fires } of CASES) {
            const minutes = Object.entries(fires).sort(([a], [b]) => Number(a) - Number(b));
            assert.ok(
                minutes.some(([, firing]) => firing.length > 0),
                alert,
            );
            assert.equal(minutes.at(-1)?.[1].length, 0, alert);
        }
    });

    it("all have a runbook that says what it means, what to look at and what to do", () => {
        for (const { alert, annotations } of alerts) {
            const file = join(ROOT, annotations.runbook);
            assert.ok(existsSync(file), `${alert}: ${annotations.runbook}`);
            const text = readFileSync(file, "utf8");
            for (const heading of ["## What it means", "## Look", "## Do"])
                assert.ok(text.includes(heading), file);
            assert.ok(text.startsWith(`# ${alert}\n`), file);
        }
    });

    it("hold each service to its own objective and no other", () => {
        const burning = alerts.filter(({ alert }) => alert === "MeshBudgetBurn");
        for (const [name] of servicesOf(catalogue)) {
            const own = burning.filter(({ expr }) => new RegExp(`["|]${name}["|]`).test(expr));
            assert.equal(own.length, 3, name);
        }
    });
});
