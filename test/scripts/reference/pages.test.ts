import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020";
import { parse } from "yaml";
import { cliPage } from "../../../scripts/reference/cli";
import { configurationPage, stackFileJsonSchema } from "../../../scripts/reference/configuration";
import { alertsPage, dashboardsPage, metricsPage } from "../../../scripts/reference/observability";
import { meshProgram } from "../../../cli/program";

const ROOT = join(__dirname, "../../..");
const committed = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("the reference pages", () => {
    const pages: Readonly<Record<string, [script: string, text: () => string]>> = {
        "config/stack.schema.json": ["config-reference", stackFileJsonSchema],
        "docs/reference/configuration.md": ["config-reference", () => configurationPage(ROOT)],
        "docs/reference/cli.md": ["cli-reference", cliPage],
        "docs/reference/alerts.md": ["observability-reference", alertsPage],
        "docs/reference/metrics.md": ["observability-reference", metricsPage],
        "docs/reference/dashboards.md": ["observability-reference", dashboardsPage],
    };
    for (const [file, [script, text]] of Object.entries(pages)) {
        it(`${file} is current; otherwise run npm run generate:${script}`, () => {
            assert.equal(committed(file), text());
        });
    }

    it("the CLI's page has a section for every command and a row for every option", () => {
        const page = cliPage();
        for (const command of meshProgram().commands) {
            const start = page.indexOf(`\n## mesh ${command.name()}\n`);
            assert.notEqual(start, -1, command.name());
            const end = page.indexOf("\n## ", start + 1);
            const section = page.slice(start, end === -1 ? undefined : end);
            for (const { flags } of command.options.filter(({ hidden }) => !hidden))
                assert.ok(section.includes(`| \`${flags}\` |`), `${command.name()} ${flags}`);
        }
    });

    it("the configuration's page gives each key of the schema a section, with rules' messages as types", () => {
        const page = configurationPage(ROOT);
        assert.match(page, /\n## domain\n[^#]*Type: DNS name of two labels or more/);
        assert.match(page, /\n## gateways\n[^#]*\| `replicas` \| integer from 1 up to 100 \| `3` \|/);
        assert.match(page, /\n### from: eks\n/);
    });
});

describe("the JSON Schema of stack files", () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
        JSON.parse(committed("config/stack.schema.json")) as object,
    );
    const stackFile = (stack: string) =>
        parse(committed(`Pulumi.${stack}.yaml`)) as { config: Record<string, unknown> };

    it("accepts the stacks of this repository, with and without the keys' namespace", () => {
        for (const stack of ["local", "dev", "prod"]) {
            const file = stackFile(stack);
            assert.ok(validate(file), `${stack}: ${JSON.stringify(validate.errors)}`);
            const bare: Record<string, unknown> = { "aws:region": "eu-central-1" };
            for (const [key, value] of Object.entries(file.config))
                bare[key.replace("sparc-mesh:", "")] = value;
            assert.ok(validate({ config: bare }), stack);
        }
    });

    it("rejects unknown keys at every level, and values of another type", () => {
        const { config } = stackFile("prod");
        const wrong: Record<string, unknown>[] = [
            { ...config, "sparc-mesh:gateway": {} },
            { ...config, "sparcmesh:domain": "a.example.com" },
            { ...config, "sparc-mesh:gateways": { replica: 3 } },
            { ...config, "sparc-mesh:gateways": { replicas: "3" } },
            { ...config, "sparc-mesh:domain": "no dots" },
        ];
        for (const one of wrong) assert.ok(!validate({ config: one }), JSON.stringify(one));
        assert.ok(!validate({ config, "sparc-mesh:domain": "a.example.com" }));
    });
});
