import assert from "node:assert/strict";
import {
    type Decision,
    decisionsOf,
    gatesFor,
    type Rollout,
    versionOf,
    waiting,
    withDecision,
} from "../../cli/delivery/decision";

function rollout(name: string, phase?: string, gated = true): Rollout {
    return {
        metadata: { name },
        spec: { analysis: { webhooks: gated ? [{ type: "rollback" }, { type: "confirm-promotion" }] : [] } },
        ...(phase === undefined ? {} : { status: { phase } }),
    };
}

const stageOf = (...of: Parameters<typeof waiting>) => waiting(...of).stage;

describe("a decision about a rollout", () => {
    it("is about what it waits for", () => {
        assert.equal(stageOf([rollout("auth", "Waiting")], "auth", "approved"), "rollout");
        assert.equal(stageOf([rollout("auth", "WaitingPromotion")], "auth", "approved"), "promotion");
        assert.equal(stageOf([rollout("auth", "WaitingPromotion")], "auth", "refused"), "promotion");
    });

    it("may be a refusal while it goes on, but no approval in advance", () => {
        assert.equal(stageOf([rollout("auth", "Progressing")], "auth", "refused"), "promotion");
        assert.throws(
            () => stageOf([rollout("auth", "Progressing")], "auth", "approved"),
            /waits for nobody: .* Progressing/,
        );
        for (const phase of [undefined, "Initialized", "Succeeded", "Failed"])
            for (const verdict of ["approved", "refused"] as const)
                assert.throws(() => stageOf([rollout("auth", phase)], "auth", verdict), /waits for nobody/);
    });

    it("is refused for what has no gates or does not exist, with what was meant", () => {
        assert.throws(
            () => stageOf([rollout("video", "Progressing", false)], "video", "refused"),
            /no gates/,
        );
        assert.throws(
            () => stageOf([rollout("auth"), rollout("billing")], "biling", "approved"),
            /did you mean "billing"\?/,
        );
        assert.throws(() => stageOf([], "auth", "approved"), /it has nothing/);
    });

    it("opens what Flagger asks, and lets nobody's request through where it is a refusal before the start", () => {
        assert.deepEqual(gatesFor("approved", "rollout"), ["/gate/open"]);
        assert.deepEqual(gatesFor("approved", "promotion"), ["/gate/open"]);
        assert.deepEqual(gatesFor("refused", "promotion"), ["/rollback/open"]);
        assert.deepEqual(gatesFor("refused", "rollout"), ["/rollback/open", "/gate/open"]);
    });

    it("is about the very rollout that was read, and names its version", () => {
        const auth = rollout("auth", "Waiting");
        assert.equal(waiting([rollout("billing", "Waiting"), auth], "auth", "approved").rollout, auth);
        const containers = [{ image: "auth:1.4.2" }, { image: "cache:7" }];
        const annotations = { "deployment.kubernetes.io/revision": "7" };
        assert.deepEqual(
            versionOf({ metadata: { annotations }, spec: { template: { spec: { containers } } } }),
            { revision: "7", name: "revision 7 of auth:1.4.2, cache:7" },
        );
    });

    it("is kept beside those before it, of which not all for ever", () => {
        const decision = (why: string): Decision => ({
            verdict: "approved",
            stage: "rollout",
            version: "revision 2 of auth:1",
            by: "ann",
            why,
            at: "2026-01-01T00:00:00Z",
        });
        let kept = rollout("auth");
        for (let index = 0; index < 25; index++) {
            const annotations = { "sparc.dev/decisions": withDecision(kept, decision(String(index))) };
            kept = { ...kept, metadata: { name: "auth", annotations } };
        }
        const whys = decisionsOf(kept.metadata.annotations).map(({ why }) => why);
        assert.equal(whys.length, 20);
        assert.equal(whys.at(-1), "24");
        assert.deepEqual(decisionsOf({ "sparc.dev/decisions": "nonsense" }), []);
    });
});
