/** Invalid collector configurations. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { platformProblems } from "../../components/check";
import type { MeshConfig } from "../../config/schema";
import { local, withTracing } from "../support/tracing";

describe("the collector of traces", () => {
    it("is rejected if its name exists, or before all proxies omit query strings from spans", () => {
        const nameCollision = withTracing({
            collector: { from: "service", name: "prometheus", port: 4317, egressHosts: [] },
        });
        const [revision] = local.istio.revisions;
        assert.ok(revision !== undefined);
        const old = (version: string): MeshConfig => ({
            ...local,
            istio: { ...local.istio, revisions: [revision, { ...revision, name: "old", version }] },
        });
        const problems = (config: MeshConfig) =>
            platformProblems({ catalogue, config }).filter((one) => one.includes("collector"));
        assert.match(
            problems(nameCollision).join("\n"),
            /collector\.name: prometheus is another workload in monitoring/,
        );
        assert.match(problems(old("1.30.4")).join("\n"), /istio\.revisions\.1: proxies of old \(1\.30\.4\)/);
        assert.deepEqual(problems(old("1.31.0")), []);
        assert.deepEqual(
            problems({
                ...old("1.30.4"),
                telemetry: withTracing({ collector: { from: "none" } }).telemetry,
            }),
            [],
        );
    });

    it("cannot be a stand-in if the stack has no image of them", () => {
        const config: MeshConfig = { ...local, workloads: { standIns: false, services: {} } };
        const problems = platformProblems({ catalogue, config });
        assert.ok(
            problems.some((problem) => problem.startsWith("telemetry.tracing.collector: ")),
            problems.join("\n"),
        );
        assert.deepEqual(platformProblems({ catalogue, config: local }), []);
    });
});
