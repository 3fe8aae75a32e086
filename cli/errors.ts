/** Exit codes: what a script may rely on. */
export const EXIT = {
    /** What was asked was done, and its answer is yes. */
    ok: 0,
    /** It was done, and its answer is no: the mesh differs from the catalogue, the call is denied. */
    difference: 1,
    /** It could not be done, or makes no sense. */
    failed: 2,
} as const;

/**
 * What commander throws once it has said all there is to say: with code 0 after help that was asked for, and else for a
 * call that makes no sense.
 */
interface Said {
    readonly code: string;
    readonly exitCode: number;
}

function isSaid(error: unknown): error is Said {
    return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

/** Ends the process with the error's message: for people, without a stack trace unless `DEBUG` is set. */
export function fail(error: unknown): void {
    if (isSaid(error)) {
        process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.failed;
        return;
    }
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(
        `${process.env["DEBUG"] !== undefined && error instanceof Error ? String(error.stack) : text}\n`,
    );
    process.exitCode = EXIT.failed;
}
