import Table from "cli-table3";
import type { Step, Travel } from "../evaluate/model";
import type { Explanation } from "../explain";

const MOST_PROBLEMS = 4;

const MARK: Record<Step["verdict"], string> = { passes: "✓", denies: "✗", "not there": "·" };

/** For people: the whole way of one request, or a line each for several. */
export function toText(explanations: readonly Explanation[]): string {
    const [first, ...more] = explanations;
    if (first === undefined) return "nothing was asked";
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
        ...(verdict.allowed ? ["", ...travelLines(verdict.travel)] : []),
    ].join("\n");
}

function stepLines({ layer, at, verdict, objects, text, conditions }: Step): string[] {
    return [
        `${MARK[verdict]} ${layer} at ${at}: ${text}`,
        ...objects.map((object) => `    ${object}`),
        ...conditions.map((condition) => `    provided: ${condition}`),
    ];
}

function catalogueLines({ verdict, edges, remedy, change }: Explanation): string[] {
    if (edges.length > 0) {
        const lines = edges.map((edge) => `Declared in the catalogue: ${edge}`);
        if (verdict.allowed) return lines;
        return [
            ...lines,
            remedy ??
                "The objects do not follow the catalogue: somebody changed them, or they are out of date. Render or deploy them again.",
        ];
    }
    if (change === undefined)
        return ["Not declared in the catalogue: these objects let through more than it says."];
    const proposed = change();
    if (typeof proposed === "string")
        return ["Not declared in the catalogue. To allow it:", `    ${proposed}`];
    return [
        "Not declared in the catalogue. To allow it, add there:",
        ...proposed.parts.flatMap(({ where, snippet }) => [`    ${where}`, `        ${snippet}`]),
        ...problemLines(proposed.problems),
    ];
}

/** A call against the graph's direction closes many cycles: the first few tell enough. */
function problemLines(problems: readonly string[]): string[] {
    if (problems.length === 0) return [];
    const more = problems.length - MOST_PROBLEMS;
    return [
        "Its checks would then say:",
        ...problems.slice(0, MOST_PROBLEMS).map((problem) => `    ${problem}`),
        ...(more > 0 ? [`    and ${more} more`] : []),
    ];
}

function travelLines({
    destinations,
    timeout,
    retries,
    breaker,
    outlierDetection,
    loadBalancing,
    notes,
}: Travel): string[] {
    return [
        `goes to         ${destinations.join(", ")}`,
        `timeout         ${timeout ?? "none"}`,
        `retries         ${retries ?? "none: the mesh sees connections only"}`,
        `breaker         ${breaker ?? "Istio's defaults"}`,
        `outliers        ${outlierDetection ?? "never ejected"}`,
        `load balancing  ${loadBalancing ?? "Istio's default"}`,
        ...notes,
    ];
}

function several(explanations: readonly Explanation[]): string {
    const table = new Table({ head: ["", "port", "request", "by"], style: { head: [], border: [] } });
    for (const { port, request, verdict } of explanations) {
        const denying = verdict.steps.find((step) => step.verdict === "denies");
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
        "Name one with --port, --path and --method to see why.",
    ].join("\n");
}

/** The ALLOW that opens it. */
function deciding(steps: readonly Step[]): string {
    return steps.findLast(({ layer }) => layer === "AuthorizationPolicy")?.objects[0] ?? "nothing forbids it";
}
