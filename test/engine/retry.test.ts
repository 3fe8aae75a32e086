import assert from "node:assert/strict";
import {
    ApiError,
    BeingDeletedError,
    NotServedError,
    UnreachableError,
} from "../../local/engine/kube/errors";
import { retrying } from "../../local/engine/retry";
import { FakeClock } from "./support/clock";

/** The longest pause between two attempts, in milliseconds. */
const MAX_PAUSE = 3000;

const refusal = (status: number, body: object = {}): ApiError =>
    new ApiError(status, JSON.stringify(body), "PATCH /x");

const CONFLICT = refusal(409);
const WEBHOOK = refusal(500, { message: 'Internal error occurred: failed calling webhook "x"' });

/** An operation that fails with the error that `errorAt` returns for the time since its first attempt, in milliseconds. */
async function failing(
    errorAt: (milliseconds: number, attempts: number) => Error,
): Promise<{ readonly error: unknown; readonly lasted: number; readonly attempts: number }> {
    const clock = new FakeClock();
    let attempts = 0;
    const error: unknown = await retrying(
        () => Promise.reject(errorAt(clock.now(), attempts++)),
        clock,
    ).catch((caught: unknown) => caught);
    return { error, lasted: clock.now(), attempts };
}

describe("an operation that fails", () => {
    const transient: readonly (readonly [what: string, error: Error, seconds: number])[] = [
        ["a kind that is not served yet", new NotServedError("a/v1", "B"), 30],
        ["an object's collection that does not exist yet", refusal(404), 30],
        ["an object that is being deleted", new BeingDeletedError(), 120],
        [
            "a namespace that is being deleted",
            refusal(403, { message: "unable to create: namespace sparc is being terminated" }),
            120,
        ],
        ["a webhook that does not respond", WEBHOOK, 90],
        ["a webhook that does not respond in time", refusal(504, { message: "failed calling webhook" }), 90],
        ["a conflict", CONFLICT, 20],
        ["an API server that does not respond", new UnreachableError("x", new Error("ECONNREFUSED")), 60],
        ["an API server with too many requests", refusal(429), 60],
        ["an API server that is not available", refusal(503), 60],
        ["an API server that times out", refusal(504), 60],
    ];

    for (const [what, cause, seconds] of transient) {
        it(`is retried for ${seconds} seconds because of ${what}`, async () => {
            const { error, lasted, attempts } = await failing(() => cause);
            assert.equal(error, cause);
            assert.ok(lasted <= seconds * 1000 && lasted > seconds * 1000 - MAX_PAUSE, `${lasted} ms`);
            // With exponential backoff: neither a flood of requests nor a few.
            assert.ok(attempts > seconds / 4 && attempts < seconds / 3 + 8, `${attempts} attempts`);
        });
    }

    const permanent: readonly (readonly [what: string, error: Error])[] = [
        ["a missing permission", refusal(403, { message: "user may not" })],
        ["an invalid object", refusal(422, { message: "Invalid" })],
        ["a namespace that does not exist", refusal(404, { details: { kind: "namespaces" } })],
        ["an error of the API server", refusal(500)],
        ["a mistake of the engine", new Error("x is not a function")],
    ];

    for (const [what, cause] of permanent) {
        it(`is not retried because of ${what}`, async () => {
            assert.deepEqual(await failing(() => cause), { error: cause, lasted: 0, attempts: 1 });
        });
    }

    it("gives a conflict its own time after a webhook that did not respond for long", async () => {
        const { error, lasted } = await failing((now) => (now < 60_000 ? WEBHOOK : CONFLICT));
        assert.equal(error, CONFLICT);
        assert.ok(
            lasted > 60_000 + 20_000 - MAX_PAUSE && lasted <= 60_000 + 20_000 + MAX_PAUSE,
            `${lasted} ms`,
        );
    });

    it("does not count the time of another error between two conflicts", async () => {
        const { error, lasted } = await failing((now) => (now > 5000 && now < 60_000 ? WEBHOOK : CONFLICT));
        assert.equal(error, CONFLICT);
        assert.ok(
            lasted > 60_000 + 15_000 - 2 * MAX_PAUSE && lasted <= 60_000 + 15_000 + MAX_PAUSE,
            `${lasted} ms`,
        );
    });

    it("ends if two errors alternate, when one of them has lasted too long", async () => {
        const { error, lasted } = await failing((_now, attempts) =>
            attempts % 2 === 0 ? WEBHOOK : CONFLICT,
        );
        assert.equal(error, CONFLICT);
        assert.ok(lasted > 2 * 20_000 - 3 * MAX_PAUSE && lasted <= 2 * 20_000 + MAX_PAUSE, `${lasted} ms`);
    });

    it("counts the time that attempts take", async () => {
        const clock = new FakeClock();
        const slow = async (): Promise<never> => {
            await clock.sleep(10_000);
            throw WEBHOOK;
        };
        await assert.rejects(retrying(slow, clock), WEBHOOK);
        assert.ok(clock.now() <= 110_000, `${clock.now()} ms`);
    });

    it("succeeds with the first attempt that does", async () => {
        const clock = new FakeClock();
        let attempts = 0;
        const result = await retrying(
            () => (++attempts < 4 ? Promise.reject(CONFLICT) : Promise.resolve("applied")),
            clock,
        );
        assert.deepEqual([result, attempts], ["applied", 4]);
    });
});
