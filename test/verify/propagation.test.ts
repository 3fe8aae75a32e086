import assert from "node:assert/strict";
import { drainedMs, remainingMs } from "../../cli/verify/cluster/propagation";
import type { KubeObject } from "../../cli/lib/drift/objects";
import { loadStackFile } from "../../config/load";

const NOW = Date.parse("2026-01-01T00:01:00Z");

function changedAt(...times: string[]): KubeObject {
    const managedFields = times.map((time) => ({ time }));
    return { apiVersion: "v1", kind: "Sidecar", metadata: { name: "x", managedFields } };
}

describe("waiting for changes to propagate to the sidecars", () => {
    it("ends when the latest change is old enough", () => {
        const objects = [
            changedAt("2026-01-01T00:00:10Z", "2026-01-01T00:00:58Z"),
            changedAt("2026-01-01T00:00:20Z"),
        ];
        assert.equal(remainingMs(objects, 12_000, NOW), 10_000);
    });

    it("is skipped for old changes, and for objects without a timestamp", () => {
        assert.equal(remainingMs([changedAt("2026-01-01T00:00:10Z")], 12_000, NOW), 0);
        assert.equal(remainingMs([changedAt()], 12_000, NOW), 0);
        assert.equal(remainingMs([], 12_000, NOW), 0);
    });

    it("is bounded if the cluster's clock is ahead", () => {
        assert.equal(remainingMs([changedAt("2026-01-01T01:00:00Z")], 12_000, NOW), 12_000);
    });

    it("is as long as the stack lets sidecars drain connections, with a margin", () => {
        const { istio } = loadStackFile("prod", `${__dirname}/../..`);
        assert.equal(drainedMs({ istio }), 50_000);
        assert.equal(drainedMs({ istio: { ...istio, drainSeconds: 5 } }), 10_000);
    });
});
