import assert from "node:assert/strict";
import { ConfigError } from "../../config/load";
import { testConfig } from "../support/config";

describe("the tracing configuration", () => {
    function problemsOf(tracing: unknown): string {
        try {
            testConfig({ domain: "mesh.example.com", telemetry: { tracing } });
        } catch (error) {
            assert.ok(error instanceof ConfigError);
            return error.problems.join("\n");
        }
        return "";
    }

    it("is disabled unless a stack configures a collector", () => {
        const { telemetry } = testConfig({ domain: "mesh.example.com" });
        assert.deepEqual(telemetry.tracing, { collector: { from: "none" }, samplingPercentByTenant: {} });
        assert.equal(problemsOf({ collector: { from: "service", name: "jaeger-collector" } }), "");
    });

    it("reports all problems at once", () => {
        const problems = problemsOf({
            collector: { from: "service", name: "Jaeger", prt: 1 },
            samplingPercentByTenant: { acme: 101, "b c": 5, d: 0.001, none: 5, e: 0 },
        });
        for (const path of [
            "collector.name",
            "collector.prt",
            "samplingPercentByTenant.acme",
            "samplingPercentByTenant.b c",
            "samplingPercentByTenant.d",
            "samplingPercentByTenant.none",
            "samplingPercentByTenant.e",
        ])
            assert.ok(problems.includes(`telemetry.tracing.${path}: `), `${path}\n${problems}`);
        const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`t${index}`, 5]));
        assert.match(problemsOf({ samplingPercentByTenant: many }), /at most 50 tenants/);
    });
});
