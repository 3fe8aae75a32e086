import type { Change } from "../catalogue/edit";
import type { Explanation } from "../explain";

/** One entry per query. A catalogue change is given as snippets, not as a whole catalogue. */
export function toJson(explanations: readonly Explanation[]): unknown {
    return explanations.map(({ verdict, change, ...rest }) => ({
        ...rest,
        ...verdict,
        ...(change === undefined ? {} : { change: written(change()) }),
    }));
}

function written(change: Change | string): unknown {
    return typeof change === "string" ? change : { parts: change.parts, problems: change.problems };
}
