/** Skips work that Pulumi's SDK does for every resource and nothing uses: most of a program's time under mocks. */
import { Message } from "google-protobuf";
import { replaceFromJavaScript } from "./struct";

/** Patches this process permanently. */
export function skipUnusedWork(): void {
    skipUnusedStacks();
    skipUnusedText();
    replaceFromJavaScript();
}

/**
 * Skips the stack traces that Pulumi captures for every resource and promise, for its console and debugger: mapping them to
 * the sources takes a fifth of the time. They belong to errors without a message; other errors keep theirs.
 */
function skipUnusedStacks(): void {
    const format = Error.prepareStackTrace.bind(Error) as (
        error: Error,
        frames: NodeJS.CallSite[],
    ) => unknown;
    Error.prepareStackTrace = (error, frames) => (error.message === "" ? "" : format(error, frames));
}

/**
 * Skips formatting every registration's response for a debug log that nothing reads: a tenth of a program's time
 * (`log.debug` with `resp: ${resp}` in @pulumi/pulumi/runtime/resource.js).
 */
function skipUnusedText(): void {
    Message.prototype.toString = () => "(message)";
}
