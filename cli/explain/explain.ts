/** `mesh explain`: what a world's objects say to each question, beside what the catalogue says. */
import type { Catalogue } from "../../catalogue/model";
import { type Asking, askings } from "./ask/ask";
import type { Asked } from "./ask/asked";
import { addressRemedy } from "./catalogue/address";
import { changeFor } from "./catalogue/change";
import type { Change } from "./catalogue/edit";
import { edgesFor } from "./catalogue/edge";
import { evaluate } from "./evaluate/evaluate";
import type { Verdict } from "./evaluate/model";
import type { World } from "./world/world";

/** One question, answered. */
export interface Explanation extends Pick<Asking, "port" | "request"> {
    readonly source: string;
    readonly destination: string;
    readonly verdict: Verdict;
    /** The catalogue's edges that declare it. */
    readonly edges: readonly string[];
    /** What to change where the catalogue declares the request and the host's address alone is denied. */
    readonly remedy?: string;
    /** What to change in the catalogue to allow it: only of what is denied and not declared. Runs all its checks. */
    readonly change?: () => Change | string;
}

/** @throws Unanswerable if the question names what is not there. */
export function explain(world: World, catalogue: Catalogue, asked: Asked): Explanation[] {
    return askings(world, catalogue, asked).map((asking) => {
        const verdict = evaluate(world, asking.question);
        const edges = edgesFor(catalogue, asking.question);
        const remedy =
            verdict.allowed || edges.length === 0
                ? undefined
                : addressRemedy(world, catalogue, asking.question);
        return {
            source: asked.source,
            destination: asked.destination,
            port: asking.port,
            request: asking.request,
            verdict,
            edges,
            ...(remedy === undefined ? {} : { remedy }),
            ...(verdict.allowed || edges.length > 0 ? {} : { change: () => changeFor(catalogue, asking) }),
        };
    });
}
