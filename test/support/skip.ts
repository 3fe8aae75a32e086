/** Skips the test or suite of `context`, with a reason in the output that `.ci/run` lists. */
export function skip(context: Mocha.Context, reason: string): never {
    process.stdout.write(`    SKIPPED: ${reason}\n`);
    return context.skip();
}
