/** Whether a change is an opening, by oracles that share no code with the pack. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { type MeshSnapshot } from "../../../../cli/lib/snapshot/snapshot";
import { type Change } from "../generator";
import { openings } from "./calls";
import { newFacts } from "./facts";
import { either, touchedBy } from "./touched";
import { worldOf } from "./snapshot";

export type OracleVerdict =
    /** No oracle supports the kind. */
    | { readonly verdict: "unknown" }
    | { readonly verdict: "closed" }
    /** `reaches`, `weaker`: a call or a right that was not. `layer`: another layer still stops it. */
    | { readonly verdict: "reaches" | "weaker" | "layer"; readonly text: string };

export class Oracle {
    private readonly before: MeshSnapshot;

    constructor(private readonly stack: readonly EvaluatedResource[]) {
        this.before = worldOf(stack);
    }

    evaluate({ before, after }: Change): OracleVerdict {
        const changed = this.stack.map((resource) => (resource.urn === before.urn ? after : resource));
        const touched = [touchedBy(before), touchedBy(after)];
        const facts = newFacts(this.stack, changed, before);
        const [old, now] = touched;
        if ((old === undefined || now === undefined) && facts === undefined) return { verdict: "unknown" };
        const [fact] = facts ?? [];
        if (fact !== undefined) return { verdict: "weaker", text: fact };
        if (old === undefined || now === undefined) return { verdict: "closed" };
        const openedCalls = openings(this.before, worldOf(changed), either(old, now));
        for (const how of ["reaches", "weaker", "layer"] as const) {
            const [first, ...others] = openedCalls.filter((opening) => opening.how === how);
            if (first === undefined) continue;
            const more = others.length === 0 ? "" : ` and ${others.length} more`;
            return { verdict: how, text: `${first.text}${more}` };
        }
        return { verdict: "closed" };
    }
}
