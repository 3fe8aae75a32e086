import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import type { CanaryManifest, MetricTemplateManifest } from "../../../components/base/manifest";
import { delivery } from "../../../components/delivery/delivery";
import { loadStackFile } from "../../../config/load";

const config = loadStackFile("prod", join(__dirname, "..", "..", ".."));
const { objects } = delivery.derive({ catalogue, config });
const canaries = objects.filter((object): object is CanaryManifest => object.kind === "Canary");
const templates = objects.filter(
    (object): object is MetricTemplateManifest => object.kind === "MetricTemplate",
);

const metricsOf = (name: string) =>
    Object.fromEntries(
        (canaries.find(({ metadata }) => metadata.name === name)?.spec.analysis.metrics ?? []).map(
            (metric) => [metric.name, [metric.templateRef?.name, metric.thresholdRange]],
        ),
    );
const queryOf = (name: string) => templates.find(({ metadata }) => metadata.name === name)?.spec.query ?? "";

describe("metrics of the canary analysis", () => {
    it("always include the error rate, and latency unless responses are streams", () => {
        for (const { metadata, spec } of canaries) {
            const names = (spec.analysis.metrics ?? []).map(({ name }) => name);
            assert.equal(names[0], "errors", metadata.name);
            const endless = [
                "alerts",
                "audit",
                "detection",
                "realtime",
                "settings",
                "transcoder",
                "video",
                "video-ingest",
            ];
            assert.equal(names.includes("latency"), !endless.includes(metadata.name), metadata.name);
        }
    });

    it("include the business KPIs of services that have some", () => {
        assert.deepEqual(metricsOf("api-gateway"), {
            errors: ["errors-of-callers", { max: 1 }],
            latency: ["latency-of-callers", { max: 200 }],
            "stream-start": ["kpi-stream-start", { min: 99 }],
        });
        assert.deepEqual(metricsOf("auth")["login"], ["kpi-login", { min: 99 }]);
        assert.deepEqual(metricsOf("billing")["payment"], ["kpi-payment", { min: 99 }]);
        assert.deepEqual(metricsOf("alerts")["alert-delivery"], ["kpi-alert-delivery", { max: 5 }]);
        assert.deepEqual(metricsOf("video")["stream-start"], ["kpi-stream-start", { min: 99 }]);
        assert.deepEqual(Object.keys(metricsOf("users")), ["errors", "latency"]);
    });

    it("are with synthetic load the worse of the users' and the load's values, and the load's success rate", () => {
        assert.deepEqual(metricsOf("integrations"), {
            errors: ["errors-of-callers-or-load", { max: 1 }],
            latency: ["latency-of-callers-or-load", { max: 200 }],
            load: ["load-of-callers", { min: 99 }],
        });
        for (const name of ["errors-of-callers-or-load", "latency-of-callers-or-load"]) {
            const series =
                queryOf(name)
                    .replaceAll(/\{\{ \w+ \}\}/g, "it")
                    .match(/\w+\{[^}]*\}/g) ?? [];
            const users = series.filter((one) => one.includes('source_workload!="loadtester"'));
            const load = series.filter((one) => one.includes('source_workload="loadtester"'));
            assert.equal(users.length, load.length);
            assert.equal(users.length + load.length, series.length);
        }
    });

    it("are measured at callers, but for mirrored requests, which callers do not count, at the canary", () => {
        assert.deepEqual(metricsOf("video")["errors"], ["errors-of-itself", { max: 1 }]);
        assert.match(queryOf("errors-of-callers"), /reporter="source"/);
        assert.doesNotMatch(queryOf("errors-of-callers"), /reporter="destination"/);
        assert.match(queryOf("errors-of-itself"), /reporter="destination"/);
        // A client's disconnect (response flag DC) is not an error of the version.
        assert.match(queryOf("errors-of-callers"), /response_flags!~"\.\*DC\.\*"/);
    });

    it("select only the canary", () => {
        const pods = /pod=~"([^"]+)"/.exec(queryOf("kpi-login"))?.[1] ?? "";
        const fits = new RegExp(`^(?:${pods.replace("{{ target }}", "auth")})$`);
        assert.match("auth-6d8fcb9d8c-x2x4z", fits);
        for (const other of ["auth-primary-6d8fcb9d8c-x2x4z", "auth", "author-6d8f-x2x4z"])
            assert.doesNotMatch(other, fits);
        for (const { metadata, spec } of templates) {
            const filled = spec.query.replaceAll(/\{\{ (\w+) \}\}/g, "<$1>");
            const series = filled.match(/\w+\{[^}]*\}/g) ?? [];
            assert.ok(series.length > 0, metadata.name);
            for (const one of series)
                assert.match(one, /"<service>-canary\.|destination_workload="<target>"|pod=~"<target>-/, one);
        }
    });

    it("each have a template, and every template is used", () => {
        const named = new Set(
            canaries
                .flatMap(({ spec }) => spec.analysis.metrics ?? [])
                .map(({ templateRef }) => templateRef?.name),
        );
        assert.deepEqual(templates.map(({ metadata }) => metadata.name).sort(), [...named].sort());
    });
});
