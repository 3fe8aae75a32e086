/** What a proxy prints of itself. */

// The agent, by which Envoy is asked, may log a line of its own before what Envoy answers.

/** The series on Envoy's Prometheus page. */
export function seriesIn(page: string): string[] {
    return page.split("\n").filter((line) => /^envoy_\w+\{.*\} \S+$/.test(line));
}

/** Bytes that Envoy has allocated, by what it answers of its memory. */
export function allocatedIn(page: string): number {
    const { allocated } = JSON.parse(page.slice(page.indexOf("{"))) as { allocated: string };
    return Number(allocated);
}

/** Whether it is one of those that take the place of Istio's metrics of requests (`components/telemetry/stock-envoy.ts`). */
export function isIstios(series: string): boolean {
    return series.startsWith("envoy_istio_");
}

/** Whether lines are missing of a hop's two proxies that log every request; a few may still be about to be written. */
export function isCut(logLines: number, requests: number): boolean {
    return logLines < 2 * requests * 0.99;
}

/** Of a proxy's output the lines that it wrote of requests, and their bytes. */
export function logged(output: string): { readonly logLines: number; readonly logBytes: number } {
    const lines = output
        .split("\n")
        .filter((line) => line.startsWith("{") && line.includes('"milliseconds"'));
    return {
        logLines: lines.length,
        // With the end of each line.
        logBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
    };
}
