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
    const [found, ...more] = objects.filter((object) => object.kind === kind);
    assert.ok(found !== undefined && more.length === 0, kind);
    return found as Extract<Manifest, { kind: Kind }>;
}

describe("Prometheus", () => {
    it("has a configuration that its own tool accepts", async function () {
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

    it("is nowhere where the stack wants none", () => {
        const none = { ...config, observability: { prometheus: { from: "nowhere" as const } } };
        const { objects } = observability.derive({ catalogue, config: none });
        // The collector of traces is another matter (tracing.test.ts).
        assert.deepEqual(
            objects.filter(({ metadata }) => !metadata.name.endsWith("collector")),
            [],
        );
    });
});
