/** Parsers of Go's standard library. */

const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/**
 * Go's `strconv.ParseBool`, with which Istio reads annotations and variables; undefined where it returns an
 * error.
 */
export function parseBool(text: string): boolean | undefined {
    if (TRUE.has(text)) return true;
    return FALSE.has(text) ? false : undefined;
}

const SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** Seconds of a Go duration such as `87600h` or `1h30m`; undefined if the text is not a duration. */
export function durationSeconds(text: string): number | undefined {
    if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
    return parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (SECONDS[unit] ?? 0), 0);
}
