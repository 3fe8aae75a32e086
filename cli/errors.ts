/** Exit codes: what a script may rely on. */
export const EXIT = {
    /** What was asked was done, and its answer is yes. */
    ok: 0,
    /** It was done, and its answer is no: the mesh differs from the catalogue. */
    difference: 1,
    /** It could not be done. */
    failed: 2,
} as const;

/** Ends the process with the error's message: for people, without a stack trace unless `DEBUG` is set. */
export function fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(
        `${process.env["DEBUG"] !== undefined && error instanceof Error ? String(error.stack) : text}\n`,
    );
    process.exitCode = EXIT.failed;
}
