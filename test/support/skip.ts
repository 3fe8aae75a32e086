/** Skips the test or suite of `context` and prints the reason, which `.ci/run` lists. */
export function skip(context: Mocha.Context, reason: string): never {
    process.stdout.write(`    SKIPPED: ${reason}\n`);
    return context.skip();
}
