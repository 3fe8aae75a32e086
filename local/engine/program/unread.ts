/** What Pulumi's SDK works out for every resource and nothing reads: it is most of the time of a program under mocks. */
import { Message } from "google-protobuf";
import { replaceFromJavaScript } from "./struct";

/** Changes this process for good. */
export function spareUnread(): void {
    skipUnreadStacks();
    skipUnreadText();
    replaceFromJavaScript();
}

/**
 * Spares the stack traces that Pulumi takes of every resource and promise, for a console and a debugger that are not
 * there: mapping them to the sources takes a fifth of the time. They are of errors without a message; others keep theirs.
 */
function skipUnreadStacks(): void {
    const format = Error.prepareStackTrace.bind(Error) as (
        error: Error,
        frames: NodeJS.CallSite[],
    ) => unknown;
    Error.prepareStackTrace = (error, frames) => (error.message === "" ? "" : format(error, frames));
}

/**
 * Saves the text of every answered registration, which Pulumi builds for a debug log that nothing reads: a tenth of a
 * program's time (`log.debug` with `resp: ${resp}` in @pulumi/pulumi/runtime/resource.js).
 */
function skipUnreadText(): void {
    Message.prototype.toString = () => "(message)";
}
