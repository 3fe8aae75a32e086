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

/** The expected alerts at each minute: labels of all that fire, with the rules' labels. */
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
                // Several rules of one name differ by threshold: the case's service selects one.
                const rule =
                    fitting.length > 1
                        ? fitting.find(({ expr }) => expr.includes(labels["service"] ?? ""))
                        : fitting[0];
                return { exp_labels: { ...rule?.labels, ...labels } };
            }),
        })),
    };
}

/** Without annotations, which contain the value and which promtool also compares. */
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
        it(`${one.alert} fires for its cause, and only while it lasts`, async () => {
            const file = write(`${one.alert}.test.yml`, {
                rule_files: ["conditions.yml"],
                evaluation_interval: "1m",
                tests: [unitTest(one)],
            });
            await check(["test", "rules", file]);
        });
    }

    it("read existing error ratios, and 0 without errors", async () => {
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
    it("all have a case in which they fire, and minutes before and after in which they do not", () => {
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

    it("all have a runbook with meaning, impact, diagnosis and mitigation", () => {
        for (const { alert, annotations } of alerts) {
            const file = join(ROOT, annotations.runbook);
            assert.ok(existsSync(file), `${alert}: ${annotations.runbook}`);
            const text = readFileSync(file, "utf8");
            for (const heading of ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"])
                assert.ok(text.includes(heading), file);
            assert.ok(text.startsWith(`# ${alert}\n`), file);
        }
    });

    it("apply each service's objective and no other", () => {
        const burning = alerts.filter(({ alert }) => alert === "MeshErrorBudgetBurn");
        for (const [name] of servicesOf(catalogue)) {
            const serviceAlerts = burning.filter(({ expr }) => new RegExp(`["|]${name}["|]`).test(expr));
            assert.equal(serviceAlerts.length, 3, name);
        }
    });
});
