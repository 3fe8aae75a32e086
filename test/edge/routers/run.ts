/** Sends a corpus through the mesh to a real application, and judges by what the application says that it read. */
import type { Answer } from "../../support/envoy/client";
import { spellings } from "../corpus/spellings";
import type { Chain } from "./chain";
import type { ExposedHost } from "./exposures";
import type { RouterProgram } from "./program";

/** What an application says of a request in its JSON body. `route` is null where none of its routes matched. */
interface Reading {
    readonly route: string | null;
    readonly tenant: string | null;
    /** As the application decoded it. */
    readonly path: string;
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
    readonly domain: string;
    readonly authorization: string;
    /** The tenant of the token. */
    readonly tenant: string;
    /** Spellings per exposure. */
    readonly count: number;
    readonly seed: number;
}

/** Requests that are under way at the same time. */
const PARALLEL = 8;

/** The figures by exposure. */
export async function run(
    chain: Chain,
    router: RouterProgram,
    corpus: Corpus,
): Promise<Map<string, Figures>> {
    const { hosts, domain, authorization, tenant, count, seed } = corpus;
    const all = new Map<string, Figures>();
    for (const exposed of hosts) {
        const figures: Figures = { sent: 0, refused: 0, unrouted: 0, answered: 0, violations: [] };
        const waiting = spellings(exposed.bases, count, seed);
        const worker = async () => {
            for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
                const answer = await chain.enter(exposed, {
                    method: exposed.method,
                    path,
                    host: `${exposed.label}.${domain}`,
                    headers: { authorization },
                });
                add(figures, exposed, tenant, path, outcomeOf(answer, router));
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
    { label, routes }: ExposedHost,
    own: string,
    sent: string,
    outcome: Outcome,
): void {
    figures.sent += 1;
    if (typeof outcome === "string") {
        figures[outcome] += 1;
        return;
    }
    figures.answered += 1;
    const { route, tenant } = outcome;
    if (!routes.includes(route) || (tenant !== null && tenant !== own))
        figures.violations.push(`${label}: ${sent} -> ${JSON.stringify(outcome)}`);
}

/** A line for each exposure and one for their sum. */
export function table(router: string, all: ReadonlyMap<string, Figures>): string {
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
                `      ${router} ${label}: ${sent} sent, ${refused} refused by the mesh, ${unrouted} without a route, ${answered} answered, ${bad} violations`,
        )
        .join("\n");
}

export function violations(all: ReadonlyMap<string, Figures>): string[] {
    return [...all.values()].flatMap((figures) => figures.violations);
}
