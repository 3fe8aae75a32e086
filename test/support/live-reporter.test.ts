import assert from "node:assert/strict";
import { format } from "node:util";
import Mocha from "mocha";
import LiveReporter from "../live/reporter";

interface Run {
    readonly failures: number;
    readonly output: string;
}

/** Runs a suite with so many tests that pass on their second try, as the live tests run. */
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

describe("the reporter of the live tests", () => {
    it("lists the tests that passed on the second try, with the error of the first", async () => {
        const { failures, output } = await runWith(2);
        assert.equal(failures, 0);
        assert.match(output, /2 passed on the second try/);
        assert.match(output, /RETRIED: a file flaky 0\n\s+the first error/);
        assert.doesNotMatch(output, /RETRIED: .*sound/);
    });

    it("fails the run for more than two of them", async () => {
        const { failures, output } = await runWith(3);
        assert.equal(failures, 1);
        assert.match(output, /3 passed on the second try/);
    });

    it("reports failures as mocha does, and a test that failed twice is not one that passed", async () => {
        const { failures, output } = await runWith(0, 2);
        assert.equal(failures, 2);
        assert.doesNotMatch(output, /RETRIED/);
    });
});
