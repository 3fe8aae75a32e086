/** mocha's spec reporter, which also lists tests that passed on a retry, and the time of each suite. */
import { Runner, reporters } from "mocha";

/** More retried tests than this fail the run: one may be flaky, many are a fault. */
const MAX_RETRIED = 2;

interface Retried {
    readonly title: string;
    readonly error: string;
}

const { EVENT_TEST_RETRY, EVENT_TEST_PASS, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_RUN_END } =
    Runner.constants;

class LiveReporter extends reporters.Spec {
    readonly #errors = new Map<string, string>();
    readonly #retried: Retried[] = [];
    readonly #durations: { title: string; ms: number }[] = [];

    constructor(runner: Runner, options?: Mocha.MochaOptions) {
        super(runner, options);
        const began = new Map<Mocha.Suite, number>();
        runner.on(EVENT_TEST_RETRY, (test: Mocha.Test, error: Error) => {
            this.#errors.set(test.fullTitle(), error.message);
        });
        runner.on(EVENT_TEST_PASS, (test: Mocha.Test) => {
            const error = this.#errors.get(test.fullTitle());
            if (error !== undefined) this.#retried.push({ title: test.fullTitle(), error });
        });
        runner.on(EVENT_SUITE_BEGIN, (suite: Mocha.Suite) => began.set(suite, Date.now()));
        runner.on(EVENT_SUITE_END, (suite: Mocha.Suite) => {
            if (suite.parent?.root !== true) return;
            this.#durations.push({ title: suite.title, ms: Date.now() - (began.get(suite) ?? 0) });
        });
        runner.on(EVENT_RUN_END, () => {
            this.#report();
        });
    }

    /** mocha calls it with the number of failures, which becomes the exit code. */
    override done(failures: number, callback?: (failures: number) => void): void {
        callback?.(this.#retried.length > MAX_RETRIED ? Math.max(failures, 1) : failures);
    }

    #report(): void {
        const print = (line: string) => {
            reporters.Base.consoleLog(`  ${line}`);
        };
        if (this.#durations.length > 0) print("Seconds for each file:");
        for (const { title, ms } of this.#durations)
            print(`${String(Math.round(ms / 1000)).padStart(6)}  ${title}`);
        if (this.#retried.length === 0) return;
        print(
            `${this.#retried.length} passed on the second attempt (more than ${MAX_RETRIED} fail the run):`,
        );
        for (const { title, error } of this.#retried) {
            print(`  RETRIED: ${title}`);
            print(`    ${error.split("\n").slice(0, 5).join("\n      ")}`);
        }
    }
}

export = LiveReporter;
