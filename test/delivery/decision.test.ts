import assert from "node:assert/strict";
import {
    type Decision,
    decisionsOf,
    gatesFor,
    type CanaryObject,
    versionOf,
    pausedRollout,
    withDecision,
} from "../../cli/delivery/decision";

function canary(name: string, phase?: string, gated = true): CanaryObject {
    return {
        metadata: { name },
        spec: { analysis: { webhooks: gated ? [{ type: "rollback" }, { type: "confirm-promotion" }] : [] } },
        ...(phase === undefined ? {} : { status: { phase } }),
    };
}

const stageOf = (...of: Parameters<typeof pausedRollout>) => pausedRollout(...of).stage;

describe("a decision about a rollout", () => {
    it("applies to the gate that it waits for", () => {
        assert.equal(stageOf([canary("auth", "Waiting")], "auth", "approved"), "rollout");
        assert.equal(stageOf([canary("auth", "WaitingPromotion")], "auth", "approved"), "promotion");
        assert.equal(stageOf([canary("auth", "WaitingPromotion")], "auth", "rejected"), "promotion");
    });

    it("can be a rejection during the rollout, but not an approval in advance", () => {
        assert.equal(stageOf([canary("auth", "Progressing")], "auth", "rejected"), "promotion");
        assert.throws(
            () => stageOf([canary("auth", "Progressing")], "auth", "approved"),
            /waits for no decision: .* Progressing/,
        );
        for (const phase of [undefined, "Initialized", "Succeeded", "Failed"])
            for (const verdict of ["approved", "rejected"] as const)
                assert.throws(
                    () => stageOf([canary("auth", phase)], "auth", verdict),
                    /waits for no decision/,
                );
    });

    it("is rejected for a rollout without gates or an unknown one, with a suggestion", () => {
        assert.throws(
            () => stageOf([canary("video", "Progressing", false)], "video", "rejected"),
            /no manual gate/,
        );
        assert.throws(
            () => stageOf([canary("auth"), canary("billing")], "biling", "approved"),
            /Did you mean "billing"\?/,
        );
        assert.throws(() => stageOf([], "auth", "approved"), /Canaries: none/);
    });

    it("opens Flagger's gate, and allows no request if it is a rejection before the start", () => {
        assert.deepEqual(gatesFor("approved", "rollout"), ["/gate/open"]);
        assert.deepEqual(gatesFor("approved", "promotion"), ["/gate/open"]);
        assert.deepEqual(gatesFor("rejected", "promotion"), ["/rollback/open"]);
        assert.deepEqual(gatesFor("rejected", "rollout"), ["/rollback/open", "/gate/open"]);
    });

    it("applies only to the rollout that was read, and names its version", () => {
        const auth = canary("auth", "Waiting");
        assert.equal(pausedRollout([canary("billing", "Waiting"), auth], "auth", "approved").canary, auth);
        const containers = [{ image: "auth:1.4.2" }, { image: "cache:7" }];
        const annotations = { "deployment.kubernetes.io/revision": "7" };
        assert.deepEqual(
            versionOf({ metadata: { annotations }, spec: { template: { spec: { containers } } } }),
            { revision: "7", name: "revision 7 of auth:1.4.2, cache:7" },
        );
    });

    it("is stored with the earlier decisions, up to a maximum", () => {
        const decision = (reason: string): Decision => ({
            verdict: "approved",
            stage: "rollout",
            version: "revision 2 of auth:1",
            by: "ann",
            reason,
            at: "2026-01-01T00:00:00Z",
        });
        let kept = canary("auth");
        for (let index = 0; index < 25; index++) {
            const annotations = { "sparc.dev/decisions": withDecision(kept, decision(String(index))) };
            kept = { ...kept, metadata: { name: "auth", annotations } };
        }
        const whys = decisionsOf(kept.metadata.annotations).map(({ reason }) => reason);
        assert.equal(whys.length, 20);
        assert.equal(whys.at(-1), "24");
        assert.deepEqual(decisionsOf({ "sparc.dev/decisions": "nonsense" }), []);
    });
});
