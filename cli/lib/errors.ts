/** Exit codes, which scripts may rely on. */
export const EXIT = {
    /** The command succeeded. */
    ok: 0,
    /** The command ran, and its check failed: the mesh differs from the catalogue, or the call is denied. */
    difference: 1,
    /** The command could not run, or its arguments are invalid. */
    failed: 2,
} as const;

/** What commander throws after it has printed help (exit code 0) or an error about the arguments (any other code). */
interface CommanderError {
    readonly code: string;
    readonly exitCode: number;
}

function isCommanderError(error: unknown): error is CommanderError {
    return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

/** Prints the error's message and sets the exit code; prints the stack trace instead if `DEBUG` is set. */
export function fail(error: unknown): void {
    if (isCommanderError(error)) {
        process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.failed;
        return;
    }
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(
        `error: ${process.env["DEBUG"] !== undefined && error instanceof Error ? String(error.stack) : text}\n`,
    );
    process.exitCode = EXIT.failed;
}
