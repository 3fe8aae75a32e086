import Table from "cli-table3";
import type { LayerResult, Routing } from "../../lib/evaluate/model";
import type { Explanation } from "../explain";

const MAX_PROBLEMS = 4;

const MARK: Record<LayerResult["verdict"], string> = { allowed: "✓", denied: "✗", "not-configured": "·" };

/** Text: every layer of a single query, or one line per query. */
export function toText(explanations: readonly Explanation[]): string {
    const [first, ...more] = explanations;
    if (first === undefined) return "no query matches these options";
    return more.length === 0 ? one(first) : several(explanations);
}

function one(explanation: Explanation): string {
    const { source, destination, port, request, verdict } = explanation;
    return [
        `${verdict.allowed ? "ALLOWED" : "DENIED"}  ${source} → ${destination}, port ${port}, ${request}`,
        "",
        ...verdict.steps.flatMap(stepLines),
        "",
        ...catalogueLines(explanation),
        ...(verdict.allowed ? ["", ...routingLines(verdict.routing)] : []),
    ].join("\n");
}

function stepLines({ layer, at, verdict, objects, text, conditions }: LayerResult): string[] {
    return [
        `${MARK[verdict]} ${layer} at ${at}: ${text}`,
        ...objects.map((object) => `    ${object}`),
        ...conditions.map((condition) => `    assuming: ${condition}`),
    ];
}

function catalogueLines({ verdict, edges, remedy, change }: Explanation): string[] {
    if (edges.length > 0) {
        const lines = edges.map((edge) => `Declared in the catalogue: ${edge}`);
        if (verdict.allowed) return lines;
        return [
            ...lines,
            remedy ??
                "The objects do not match the catalogue: they were changed or are out of date. Render or deploy them again.",
        ];
    }
    if (change === undefined)
        return ["Not declared in the catalogue: these objects allow more than the catalogue does."];
    const proposed = change();
    if (typeof proposed === "string")
        return ["Not declared in the catalogue. To allow it:", `    ${proposed}`];
    return [
        "Not declared in the catalogue. To allow it, add:",
        ...proposed.parts.flatMap(({ where, snippet }) => [`    ${where}`, `        ${snippet}`]),
        ...problemLines(proposed.problems),
    ];
}

/** Limited, because a call against the graph's direction closes many cycles. */
function problemLines(problems: readonly string[]): string[] {
    if (problems.length === 0) return [];
    const more = problems.length - MAX_PROBLEMS;
    return [
        "The catalogue's checks would then report:",
        ...problems.slice(0, MAX_PROBLEMS).map((problem) => `    ${problem}`),
        ...(more > 0 ? [`    and ${more} more`] : []),
    ];
}

function routingLines({
    destinations,
    timeout,
    retries,
    circuitBreaker,
    outlierDetection,
    loadBalancing,
    notes,
}: Routing): string[] {
    return [
        `destination     ${destinations.join(", ")}`,
        `timeout         ${timeout ?? "none"}`,
        `retries         ${retries ?? "none (TCP)"}`,
        `circuit breaker ${circuitBreaker ?? "Istio's defaults"}`,
        `outliers        ${outlierDetection ?? "no ejection"}`,
        `load balancing  ${loadBalancing ?? "Istio's default"}`,
        ...notes,
    ];
}

function several(explanations: readonly Explanation[]): string {
    const table = new Table({ head: ["", "port", "request", "by"], style: { head: [], border: [] } });
    for (const { port, request, verdict } of explanations) {
        const denying = verdict.steps.find((step) => step.verdict === "denied");
        table.push([
            verdict.allowed ? "allowed" : "denied",
            port,
            request,
            denying?.layer ?? deciding(verdict.steps),
        ]);
    }
    const allowed = explanations.filter(({ verdict }) => verdict.allowed).length;
    const { source = "", destination = "" } = explanations[0] ?? {};
    return [
        `${source} → ${destination}: ${allowed} of ${explanations.length} allowed`,
        table.toString(),
        "Select one with --port, --path and --method to see the deciding objects.",
    ].join("\n");
}

/** The ALLOW policy that matches. */
function deciding(steps: readonly LayerResult[]): string {
    return (
        steps.findLast(({ layer }) => layer === "AuthorizationPolicy")?.objects[0] ?? "no policy denies it"
    );
}
