/** Parses a proxy's admin pages and logs. */

// pilot-agent, which forwards admin requests to Envoy, may log a line before Envoy's response.

/** The series on Envoy's Prometheus page. */
export function seriesIn(page: string): string[] {
    return page.split("\n").filter((line) => /^envoy_\w+\{.*\} \S+$/.test(line));
}

/** The bytes that Envoy has allocated, from its memory page. */
export function allocatedIn(page: string): number {
    const { allocated } = JSON.parse(page.slice(page.indexOf("{"))) as { allocated: string };
    return Number(allocated);
}

/** Whether a series replaces one of Istio's standard metrics (`components/telemetry/stock-envoy.ts`). */
export function isIstios(series: string): boolean {
    return series.startsWith("envoy_istio_");
}

/** Whether log lines are missing, with two proxies that log every request; a few may not be flushed yet. */
export function isCut(logLines: number, requests: number): boolean {
    return logLines < 2 * requests * 0.99;
}

/** The number and bytes of access log lines in a proxy's output. */
export function logged(output: string): { readonly logLines: number; readonly logBytes: number } {
    const lines = output
        .split("\n")
        .filter((line) => line.startsWith("{") && line.includes('"milliseconds"'));
    return {
        logLines: lines.length,
        // Including line breaks.
        logBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
    };
}
