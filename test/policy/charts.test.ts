/** `mesh policy` evaluates the objects that charts render. A fake helm counts how often it runs. */
import assert from "node:assert/strict";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChartObjects, Charts } from "../../cli/policy/charts";
import { chartFindings, chartsSummary, ofPolicies } from "../../cli/policy/charts/report";
import { type EvaluatedResource } from "../../cli/policy/protocol";
import { type ChartTools, storedChartTools } from "../../local/toolchain";
import { skip } from "../support/skip";

const TYPE = "kubernetes:helm.sh/v3:Release";
const PROVIDER = { urn: "urn:provider", type: "pulumi:providers:kubernetes", name: "k8s", properties: {} };

const MADE = `
# only a comment
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Service, metadata: { name: web } }
  - { apiVersion: apps/v1, kind: Deployment, metadata: { name: web, namespace: other }, spec: { paused: yes } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          description: 'Quoted text, further lines of which
          are not indented'
          properties: { spec: { properties: { size: { type: integer, enum: [1] } } } }
`;

describe("objects of charts", function () {
    this.timeout(120_000);
    let folder: string;
    let chart: string;
    let helm: string;

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "charts-test-"));
        chart = join(folder, "chart");
        helm = join(folder, "helm");
        mkdirSync(join(chart, "templates"), { recursive: true });
        writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n");
        writeFileSync(join(folder, "made.yaml"), MADE);
        program(`echo run >> ${folder}/runs\ncat > /dev/null\ncat ${folder}/made.yaml`);
    });

    afterEach(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    function program(script: string): void {
        writeFileSync(helm, `#!/bin/sh\n${script}\n`);
        chmodSync(helm, 0o755);
    }

    const runs = (): number =>
        existsSync(join(folder, "runs"))
            ? readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1
            : 0;

    function release(more: object = {}): EvaluatedResource {
        const properties = { name: "web", chart, namespace: "shop", values: { replicas: 2 }, ...more };
        return {
            urn: `urn:pulumi:prod::p::${TYPE}::web`,
            type: TYPE,
            name: "web",
            properties,
            provider: PROVIDER,
        };
    }

    function templated(
        one: EvaluatedResource,
        tools: ChartTools | "none" = { helm, charts: [] },
    ): Promise<ChartObjects> {
        const charts = new Charts({
            tools: Promise.resolve(tools === "none" ? undefined : tools),
            cache: join(folder, "cache"),
        });
        charts.take(one);
        return charts.end();
    }

    it("are children of the release, with its provider, and in its namespace unless they name one", async () => {
        const { objects, templated: count } = await templated(release());
        assert.equal(count, 1);
        assert.deepEqual(
            objects.map(({ urn }) => urn),
            [
                `urn:pulumi:prod::p::${TYPE}$kubernetes:core/v1:Service::web/shop/web`,
                `urn:pulumi:prod::p::${TYPE}$kubernetes:apps/v1:Deployment::web/other/web`,
                `urn:pulumi:prod::p::${TYPE}$kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition::web/shop/things.example.com`,
            ],
        );
        assert.ok(objects.every(({ provider }) => provider === PROVIDER));
        const [service, deployment, definition] = objects.map(({ properties }) => properties);
        assert.deepEqual(service?.["metadata"], { name: "web", namespace: "shop" });
        // Go's YAML parser reads `yes` as true, unlike YAML 1.2.
        assert.deepEqual(deployment?.["spec"], { paused: true });
        assert.match(JSON.stringify(definition), /"spec":\{"properties":\{"size":\{\}\}\}/);
    });

    it("are templated once for the same chart, values and options", async () => {
        const first = await templated(release());
        const second = await templated(release());
        assert.equal(runs(), 1);
        assert.deepEqual(second.objects, first.objects);
        await templated(release({ values: { replicas: 3 } }));
        assert.equal(runs(), 2, "other values");
        await templated(release({ namespace: "other" }));
        assert.equal(runs(), 3, "another namespace");
        writeFileSync(join(chart, "templates", "a.yaml"), "a: 1\n");
        await templated(release());
        assert.equal(runs(), 4, "another chart in the same folder");
    });

    it("are templated again if the cache is truncated or not writable", async () => {
        const first = await templated(release());
        const cache = join(folder, "cache");
        for (const name of readdirSync(cache)) writeFileSync(join(cache, name), '[{"apiVersion":');
        assert.deepEqual((await templated(release())).objects, first.objects);
        assert.equal(runs(), 2);
        rmSync(cache, { recursive: true });
        writeFileSync(cache, "not a folder");
        assert.deepEqual((await templated(release())).objects, first.objects);
    });

    it("are reported as not evaluated if helm is missing", async () => {
        const made = await templated(
            release({ chart: "oci://example.com/charts/web", version: "1.2.3" }),
            "none",
        );
        assert.deepEqual(chartFindings(made), []);
        assert.match(
            chartsSummary(made),
            /not evaluated: 1 chart, because the toolchain's helm is not on this machine .*: web 1\.2\.3$/m,
        );
    });

    it("are reported as not evaluated if the chart is missing", async () => {
        const made = await templated(
            release({ chart: "web", repositoryOpts: { repo: "https://example.com" } }),
        );
        assert.match(
            chartsSummary(made),
            /not evaluated: 1 chart, because the chart is not on this machine: web$/m,
        );
        assert.equal(runs(), 0);
    });

    it("are reported as not evaluated if the release has an option that changes them after templating", async () => {
        const made = await templated(release({ postrender: "/bin/anything" }));
        assert.match(chartsSummary(made), /not evaluated: 1 chart, because .*postrender/);
        assert.equal(runs(), 0);
    });

    it("come from the toolchain's chart of that name, and a different version is reported", async () => {
        const charts = [{ name: "web", version: "1.31-dev", folder: chart }];
        const from = (version: string): Promise<ChartObjects> =>
            templated(release({ chart: "oci://example.com/web", version }), { helm, charts });
        assert.deepEqual((await from("1.31.1")).replaced, []);
        assert.deepEqual((await from("1.3.1")).replaced, ["web 1.31-dev in place of 1.3.1"]);
        assert.equal((await from("1.31.1")).objects.length, 3);
    });

    it("fail the command if helm rejects the values", async () => {
        program("cat > /dev/null\necho 'Error: values do not meet the schema' >&2\nexit 1");
        const findings = chartFindings(await templated(release()));
        assert.equal(findings.length, 1);
        assert.equal(findings[0]?.level, "mandatory");
        assert.match(findings[0].message, /release web: .*\n[^]*values do not meet the schema/);
    });

    it("are excluded from the baseline, and evaluated by every other policy", async () => {
        const { objects } = await templated(release());
        const urn = objects[0]?.urn ?? "";
        const finding = (policy: string, of: string) =>
            ({ policy, level: "mandatory", message: "", urn: of }) as const;
        const others = [
            finding("workloads-rbac", urn),
            finding("closed-kinds", "urn:other"),
            finding("closed-required", urn),
        ];
        const findings = [finding("closed-kinds", urn), finding("closed-objects", urn), ...others];
        assert.deepEqual(ofPolicies(findings, objects), others);
    });

    it("are also templated by the real helm", async function () {
        const tools = await storedChartTools();
        if (tools === undefined) skip(this, "no toolchain; `make up` builds it");
        writeFileSync(
            join(chart, "templates", "role.yaml"),
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: {{ .Release.Name }} }\nrules:\n{{ toYaml .Values.rules }}\n",
        );
        const rules = [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }];
        const { objects } = await templated(release({ values: { rules } }), { ...tools, charts: [] });
        const metadata = { name: "web", namespace: "shop" };
        const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules };
        assert.deepEqual(
            objects.map(({ properties }) => properties),
            [role],
        );
    });
});
