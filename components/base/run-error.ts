import { RunError } from "@pulumi/pulumi";

/**
 * An error whose message the engines print without a stack trace. They do so for an error that has a name as its own
 * property; RunError itself sets none.
 */
export function runError(message: string, name = "RunError"): RunError {
    return Object.assign(new RunError(message), { name });
}

/** The text of anything that was thrown. */
export function causeOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
