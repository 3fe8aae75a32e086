import type { Change } from "../catalogue/edit";
import type { Explanation } from "../explain";

/** For machines: one entry a question. A change of the catalogue comes as what to write, not as a whole catalogue. */
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
