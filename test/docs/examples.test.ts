import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { checkCatalogue } from "../../catalogue/check";
import { platform } from "../../catalogue/platform";
import { renamedTo } from "../../catalogue/schema/renamed";
import { boards } from "../../components/observability/dashboards/boards";
import { ruleGroups } from "../../components/observability/rules/rules";
import { loadStackFile } from "../../config/load";
import { RULES } from "../../policy/rules";
import { runMesh } from "../support/cli";
import { ROOT, blocksOf, pages } from "./pages";

const PAGES = pages();
const pageOf = (file: string) => PAGES.find((page) => page.file === file)!;

describe("the documentation's examples", () => {
    it("show catalogue fields under their current names", () => {
        const { $defs } = JSON.parse(readFileSync(join(ROOT, "catalogue/catalogue.schema.json"), "utf8")) as {
            $defs: Record<string, { readonly properties?: object }>;
        };
        const known = Object.values($defs).flatMap(({ properties = {} }) => Object.keys(properties));
        const wrong = PAGES.filter(({ file }) => file !== "CHANGELOG.md").flatMap((page) =>
            blocksOf(page)
                .filter(({ language }) => language === "ts")
                .flatMap(({ code }) => [...code.matchAll(/(\w+):/g)])
                .filter(([, key = ""]) => renamedTo(key, known) !== undefined)
                .map(([, key = ""]) => `${page.file}: ${key}`),
        );
        assert.deepEqual(wrong, []);
    });

    it("state in README how many services, alerts, dashboards and policies there are", () => {
        const { text } = pageOf("README.md");
        const rules = ruleGroups(platform).flatMap((group) => group.rules);
        const alerts = new Set(rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])));
        const words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
        const dashboards = boards({ delivery: loadStackFile("prod", ROOT).delivery }).length;
        for (const count of [
            `${Object.keys(platform.services).length} services`,
            `${alerts.size} alerts`,
            `${words[dashboards - 1] ?? ""} Grafana dashboards`,
            `${RULES.length} policies`,
        ])
            assert.ok(text.includes(count), count);
    });

    it("show output that the offline commands print", async function () {
        this.timeout(240_000);
        const shown = PAGES.flatMap((page) =>
            blocksOf(page).flatMap(({ code }) => {
                const [, command, output = ""] = /^\$ npx mesh (.+)\n([\s\S]*)$/.exec(code) ?? [];
                return command === undefined ? [] : [{ page, command, output }];
            }),
        );
        assert.ok(shown.length >= 3);
        for (const { page, command, output } of shown) {
            const { stdout } = await runMesh(...command.split(" "));
            let printed = stdout.split("\n").map((line) => line.trimEnd());
            for (const line of output.split("\n").filter((one) => one.trim() !== "" && one !== "…")) {
                const at = printed.indexOf(line);
                assert.notEqual(at, -1, `${page.file}: mesh ${command} does not print: ${line}`);
                printed = printed.slice(at + 1);
            }
        }
    });

    it("show the message of a mistake as the catalogue's check words it", () => {
        const { services } = platform;
        const { calls, ...weather } = declared("README.md", "weather")["weather"] as { calls: object[] };
        const mistaken = { ...weather, calls: calls.map((call) => ({ ...call, to: "setings" })) };
        const [problem] = checkCatalogue({
            ...platform,
            services: { ...services, weather: mistaken },
        });
        assert.ok(problem);
        const { where, rule, message, remedy } = problem;
        const text = `catalogue/services/devices.ts: ${where} [${rule}]\n    ${message}\n    ${remedy}\n`;
        for (const file of ["README.md", "docs/tasks/add-a-service.md"])
            assert.ok(
                blocksOf(pageOf(file)).some(({ code }) => code === text),
                file,
            );
    });

    it("declare a service that the catalogue's checks accept, from README to a tenant-scoped route", () => {
        const readme = declared("README.md", "weather")["weather"];
        const service = declared("docs/tasks/add-a-service.md", "weather")["weather"];
        const { calls } = declared("docs/tasks/add-a-service.md", "calls") as unknown as { calls: object[] };
        const devices = platform.services["devices"]!;
        const services = {
            ...platform.services,
            devices: { ...devices, calls: [...(devices.calls ?? []), ...calls] },
        };
        const { exposures } = declared("docs/tasks/expose-a-service.md", "exposures") as unknown as {
            exposures: object[];
        };
        const { ports } = declared("docs/tasks/add-a-tenant-scoped-route.md", "ports");
        const scoped = declared("docs/tasks/add-a-tenant-scoped-route.md", "requests");
        for (const weather of [
            readme,
            service,
            { ...service, exposures },
            { ...service, ports, exposures: exposures.map((exposure) => ({ ...exposure, ...scoped })) },
        ]) {
            assert.deepEqual(checkCatalogue({ ...platform, services: { ...services, weather } }), []);
        }
    });

    it("declare external groups and plans that the catalogue's checks accept", () => {
        const groups = {
            ...declared("docs/tasks/allow-an-external-host.md", "forecast"),
            ...declared("docs/tasks/connect-a-vpc-database.md", "rds"),
        };
        const { services, external, plans } = platform;
        const billing = services["billing"]!;
        const changed = {
            ...platform,
            services: {
                ...services,
                billing: { ...billing, external: [...(billing.external ?? []), ...Object.keys(groups)] },
            },
            external: { ...external, ...groups },
            plans: { ...plans, ...declared("docs/tasks/limit-requests-per-tenant.md", "standard") },
        };
        assert.deepEqual(checkCatalogue(changed as never), []);
    });
});

/** The object of a page's first block of TypeScript that begins with `key`. */
function declared(file: string, key: string): Record<string, object> {
    const block = blocksOf(pageOf(file)).find(
        ({ language, code }) => language === "ts" && code.trimStart().startsWith(`${key}:`),
    );
    return runInNewContext(`({${block?.code ?? ""}})`) as Record<string, object>;
}
