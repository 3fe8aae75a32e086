import assert from "node:assert/strict";
import { format } from "node:util";
import Mocha from "mocha";
import LiveReporter from "../live/reporter";

interface Run {
    readonly failures: number;
    readonly output: string;
}

/** Runs a suite as the live tests run, with `flaky` tests that pass on the second attempt. */
async function runWith(flaky: number, failing = 0): Promise<Run> {
    const mocha = new Mocha({ reporter: LiveReporter, retries: 1 });
    const suite = Mocha.Suite.create(mocha.suite, "a file");
    for (let index = 0; index < flaky; index += 1) {
        let tries = 0;
        suite.addTest(
            new Mocha.Test(`flaky ${index}`, () => {
                tries += 1;
                assert.ok(tries > 1, "the first error");
            }),
        );
    }
    for (let index = 0; index < failing; index += 1)
        suite.addTest(new Mocha.Test(`failing ${index}`, () => assert.fail("each time")));
    suite.addTest(new Mocha.Test("sound", () => undefined));
    const lines: string[] = [];
    const { Base } = Mocha.reporters;
    const log = Base.consoleLog.bind(Base);
    Base.consoleLog = (...parts: unknown[]) => lines.push(format(...parts));
    try {
        const failures = await new Promise<number>((done) => mocha.run(done));
        return { failures, output: lines.join("\n") };
    } finally {
        Base.consoleLog = log;
    }
}

describe("the live tests' reporter", () => {
    it("lists tests that pass on the second attempt, with the first attempt's error", async () => {
        const { failures, output } = await runWith(2);
        assert.equal(failures, 0);
        assert.match(output, /2 passed on the second attempt/);
        assert.match(output, /RETRIED: a file flaky 0\n\s+the first error/);
        assert.doesNotMatch(output, /RETRIED: .*sound/);
    });

    it("fails the run for more than two flaky tests", async () => {
        const { failures, output } = await runWith(3);
        assert.equal(failures, 1);
        assert.match(output, /3 passed on the second attempt/);
    });

    it("reports failures as mocha does, and counts a test that fails twice as failed", async () => {
        const { failures, output } = await runWith(0, 2);
        assert.equal(failures, 2);
        assert.doesNotMatch(output, /RETRIED/);
    });
});
