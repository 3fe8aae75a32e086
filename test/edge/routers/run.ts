/** Sends a corpus through the mesh to a real application, and assesses it by what the application reports. */
import type { HttpResponse, RawRequest } from "../../support/envoy/client";
import type { Chain } from "./chain";
import type { ExposedHost } from "./exposures";
import type { RouterProgram } from "./program";

/** An application's JSON report of a request. `route` is null if none of its routes matched. */
interface Reading {
    readonly route: string | null;
    readonly tenant: string | null;
    /** The tenant in the path, as the application decoded it. */
    readonly path: string;
    /** The value of `x-tenant`, by the application's header lookup. */
    readonly caller: string | null;
}

/** A request of an attacker or of a client. */
export interface Attempt {
    readonly request: RawRequest;
    /** False if no application must answer: the token is invalid, or names another tenant than acme. */
    readonly mayAnswer: boolean;
}

export interface Figures {
    sent: number;
    /** Rejected by the gateway or the sidecar. */
    rejected: number;
    /** Rejected by the application or its server before routing: it cannot have read another tenant. */
    unrouted: number;
    /** Answered by one of the application's routes. */
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

/** Concurrent requests. */
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
        const figures: Figures = { sent: 0, rejected: 0, unrouted: 0, answered: 0, violations: [] };
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

/** The origin of the response: the mesh, the application without a matching route, or one of its routes. */
type Outcome = "rejected" | "unrouted" | (Reading & { readonly route: string });

function outcomeOf({ headers, body }: HttpResponse, { name, serverError }: RouterProgram): Outcome {
    if (headers["x-read-by"] !== name) return serverError?.test(body) === true ? "unrouted" : "rejected";
    const { route, ...rest } = JSON.parse(Buffer.from(body, "latin1").toString("utf8")) as Reading;
    return route === null ? "unrouted" : { route, ...rest };
}

function add(
    figures: Figures,
    exposed: ExposedHost,
    tokenTenant: string,
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
    const isPathAllowed = tenant === null || tenant === tokenTenant;
    const isCallerAllowed = caller === tokenTenant || (caller === null && !exposed.jwt);
    if (!mayAnswer || !exposed.routes.includes(route) || !isPathAllowed || !isCallerAllowed)
        figures.violations.push(`${exposed.label}: ${JSON.stringify(request)} -> ${JSON.stringify(outcome)}`);
}

/** One line per exposure and one for the total. */
export function table(title: string, all: ReadonlyMap<string, Figures>): string {
    const sum = (key: "sent" | "rejected" | "unrouted" | "answered") =>
        [...all.values()].reduce((total, figures) => total + figures[key], 0);
    const rows = [...all].map(([label, figures]) => ({ label, ...figures, bad: figures.violations.length }));
    const total = {
        label: "all",
        sent: sum("sent"),
        rejected: sum("rejected"),
        unrouted: sum("unrouted"),
        answered: sum("answered"),
        bad: violations(all).length,
    };
    return [...rows, total]
        .map(
            ({ label, sent, rejected, unrouted, answered, bad }) =>
                `      ${title} ${label}: ${sent} sent, ${rejected} rejected by the mesh, ${unrouted} without a route, ${answered} answered, ${bad} violations`,
        )
        .join("\n");
}

export function violations(all: ReadonlyMap<string, Figures>): string[] {
    return [...all.values()].flatMap((figures) => figures.violations);
}
