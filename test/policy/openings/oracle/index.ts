/** Whether a change opens something, by oracles that share nothing with the pack. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { type World } from "../../../../cli/explain/world/world";
import { type Change } from "../generator";
import { openings } from "./calls";
import { newFacts } from "./facts";
import { either, touchedBy } from "./touched";
import { worldOf } from "./world";

export type Judgement =
    /** No oracle reads the kind. */
    | { readonly verdict: "unknown" }
    | { readonly verdict: "closed" }
    /** `reaches`, `weaker`: a call or a right that was not. `layer`: another layer still stops it. */
    | { readonly verdict: "reaches" | "weaker" | "layer"; readonly text: string };

export class Oracle {
    private readonly before: World;

    constructor(private readonly stack: readonly JudgedResource[]) {
        this.before = worldOf(stack);
    }

    judge({ before, after }: Change): Judgement {
        const changed = this.stack.map((resource) => (resource.urn === before.urn ? after : resource));
        const touched = [touchedBy(before), touchedBy(after)];
        const facts = newFacts(this.stack, changed, before);
        const [old, now] = touched;
        if ((old === undefined || now === undefined) && facts === undefined) return { verdict: "unknown" };
        const [fact] = facts ?? [];
        if (fact !== undefined) return { verdict: "weaker", text: fact };
        if (old === undefined || now === undefined) return { verdict: "closed" };
        const found = openings(this.before, worldOf(changed), either(old, now));
        for (const how of ["reaches", "weaker", "layer"] as const) {
            const [first, ...others] = found.filter((opening) => opening.how === how);
            if (first === undefined) continue;
            const more = others.length === 0 ? "" : ` and ${others.length} more`;
            return { verdict: how, text: `${first.text}${more}` };
        }
        return { verdict: "closed" };
    }
}
