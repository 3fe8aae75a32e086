/** Sends a corpus through the mesh to a real application, and judges by what the application says that it read. */
import type { Answer, RawRequest } from "../../support/envoy/client";
import type { Chain } from "./chain";
import type { ExposedHost } from "./exposures";
import type { RouterProgram } from "./program";

/** What an application says of a request in its JSON body. `route` is null where none of its routes matched. */
interface Reading {
    readonly route: string | null;
    readonly tenant: string | null;
    /** As the application decoded it. */
    readonly path: string;
    /** The value of `x-tenant`, as the application looks headers up. */
    readonly caller: string | null;
}

/** A request of an attacker or of a client. */
export interface Attempt {
    readonly request: RawRequest;
    /** False where no application may answer: the token is not valid, or names another tenant than acme. */
    readonly mayAnswer: boolean;
}

export interface Figures {
    sent: number;
    /** By the gateway or the sidecar. */
    refused: number;
    /** By the application or its server, before any route: another tenant cannot have been read. */
    unrouted: number;
    /** By one of the application's routes. */
    answered: number;
    /** Requests that reached another tenant, or a route that the exposure does not have. */
    readonly violations: string[];
}

export interface Corpus {
    readonly hosts: readonly ExposedHost[];
    /** The tenant of the token. */
    readonly tenant: string;
    readonly attempts: (exposed: ExposedHost) => readonly Attempt[];
}

/** Requests that are under way at the same time. */
const PARALLEL = 8;

/** The figures by exposure. */
export async function run(
    chain: Chain,
    router: RouterProgram,
    corpus: Corpus,
): Promise<Map<string, Figures>> {
    const { hosts, tenant, attempts } = corpus;
    const all = new Map<string, Figures>();
    for (const exposed of hosts) {
        const figures: Figures = { sent: 0, refused: 0, unrouted: 0, answered: 0, violations: [] };
        const waiting = [...attempts(exposed)];
        const worker = async () => {
            for (let attempt = waiting.pop(); attempt !== undefined; attempt = waiting.pop()) {
                const answer = await chain.enter(exposed, attempt.request);
                add(figures, exposed, tenant, attempt, outcomeOf(answer, router));
            }
        };
        await Promise.all(Array.from({ length: PARALLEL }, worker));
        all.set(exposed.label, figures);
    }
    return all;
}

/** Who answered: the mesh, the application without one of its routes, or one of its routes. */
type Outcome = "refused" | "unrouted" | (Reading & { readonly route: string });

function outcomeOf({ headers, body }: Answer, { name, serverError }: RouterProgram): Outcome {
    if (headers["x-read-by"] !== name) return serverError?.test(body) === true ? "unrouted" : "refused";
    const { route, ...rest } = JSON.parse(Buffer.from(body, "latin1").toString("utf8")) as Reading;
    return route === null ? "unrouted" : { route, ...rest };
}

function add(
    figures: Figures,
    exposed: ExposedHost,
    own: string,
    { request, mayAnswer }: Attempt,
    outcome: Outcome,
): void {
    figures.sent += 1;
    if (typeof outcome === "string") {
        figures[outcome] += 1;
        return;
    }
    figures.answered += 1;
    const { route, tenant, caller } = outcome;
    const isOwnPath = tenant === null || tenant === own;
    const isOwnCaller = caller === own || (caller === null && !exposed.jwt);
    if (!mayAnswer || !exposed.routes.includes(route) || !isOwnPath || !isOwnCaller)
        figures.violations.push(`${exposed.label}: ${JSON.stringify(request)} -> ${JSON.stringify(outcome)}`);
}

/** A line for each exposure and one for their sum. */
export function table(title: string, all: ReadonlyMap<string, Figures>): string {
    const sum = (key: "sent" | "refused" | "unrouted" | "answered") =>
        [...all.values()].reduce((total, figures) => total + figures[key], 0);
    const rows = [...all].map(([label, figures]) => ({ label, ...figures, bad: figures.violations.length }));
    const total = {
        label: "all",
        sent: sum("sent"),
        refused: sum("refused"),
        unrouted: sum("unrouted"),
        answered: sum("answered"),
        bad: violations(all).length,
    };
    return [...rows, total]
        .map(
            ({ label, sent, refused, unrouted, answered, bad }) =>
                `      ${title} ${label}: ${sent} sent, ${refused} refused by the mesh, ${unrouted} without a route, ${answered} answered, ${bad} violations`,
        )
        .join("\n");
}

export function violations(all: ReadonlyMap<string, Figures>): string[] {
    return [...all.values()].flatMap((figures) => figures.violations);
}
