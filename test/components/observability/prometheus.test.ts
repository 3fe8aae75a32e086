import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import type { Manifest } from "../../../components/base/manifest";
import { observability } from "../../../components/observability/observability";
import { loadStackFile } from "../../../config/load";
import { requirePromtool } from "../../support/promtool";

const ROOT = `${__dirname}/../../..`;
const config = loadStackFile("local", ROOT);
const { objects } = observability.derive({ catalogue, config });

function one<Kind extends Manifest["kind"]>(kind: Kind): Extract<Manifest, { kind: Kind }> {
    const [object_, ...more] = objects.filter((object) => object.kind === kind);
    assert.ok(object_ !== undefined && more.length === 0, kind);
    return object_ as Extract<Manifest, { kind: Kind }>;
}

describe("Prometheus", () => {
    it("has a configuration that promtool accepts", async function () {
        const check = await requirePromtool(this);
        const folder = mkdtempSync(join(tmpdir(), "mesh-prometheus-"));
        try {
            const file = join(folder, "prometheus.yml");
            writeFileSync(file, one("ConfigMap").data?.["prometheus.yml"] ?? "");
            await check(["check", "config", "--syntax-only", file]);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });

    it("does not exist if the stack disables it", () => {
        const none = { ...config, observability: { prometheus: { from: "none" as const } } };
        const { objects } = observability.derive({ catalogue, config: none });
        // tracing.test.ts tests the trace collector.
        assert.deepEqual(
            objects.filter(({ metadata }) => !metadata.name.endsWith("collector")),
            [],
        );
    });
});
