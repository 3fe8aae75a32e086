/** `mesh explain`: evaluates access queries against a mesh's objects, and compares with the catalogue. */
import type { Catalogue } from "../../catalogue/model";
import { type LabeledQuery, accessQueries } from "./query/queries";
import type { QueryOptions } from "./query/options";
import { addressRemedy } from "./catalogue/address";
import { changeFor } from "./catalogue/change";
import type { Change } from "./catalogue/edit";
import { edgesFor } from "./catalogue/edge";
import { evaluate } from "../lib/evaluate/evaluate";
import type { Verdict } from "../lib/evaluate/model";
import type { MeshSnapshot } from "../lib/snapshot/snapshot";

/** The result of one access query. */
export interface Explanation extends Pick<LabeledQuery, "port" | "request"> {
    readonly source: string;
    readonly destination: string;
    readonly verdict: Verdict;
    /** The catalogue's edges that declare the request. */
    readonly edges: readonly string[];
    /** How to fix a request that the catalogue declares, but that is denied because of the host's address. */
    readonly remedy?: string;
    /**
     * The catalogue change that would allow a denied, undeclared request. Lazy, because it runs all catalogue checks.
     */
    readonly change?: () => Change | string;
}

/** @throws InvalidQuery if a name or port does not exist */
export function explain(snapshot: MeshSnapshot, catalogue: Catalogue, options: QueryOptions): Explanation[] {
    return accessQueries(snapshot, catalogue, options).map((labeled) => {
        const verdict = evaluate(snapshot, labeled.query);
        const edges = edgesFor(catalogue, labeled.query);
        const remedy =
            verdict.allowed || edges.length === 0
                ? undefined
                : addressRemedy(snapshot, catalogue, labeled.query);
        return {
            source: options.source,
            destination: options.destination,
            port: labeled.port,
            request: labeled.request,
            verdict,
            edges,
            ...(remedy === undefined ? {} : { remedy }),
            ...(verdict.allowed || edges.length > 0 ? {} : { change: () => changeFor(catalogue, labeled) }),
        };
    });
}
