/** The resources that the program registers for a stack, shared by all tests: a run takes seconds. */
import { type Variant } from "../../../cli/policy/aws";
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { registrations } from "../../../cli/policy/registrations";
import { cachedRun } from "../../support/cached-run";

const runs = new Map<string, Promise<readonly EvaluatedResource[]>>();

export function registered(stack: string, variant: Variant = "first"): Promise<readonly EvaluatedResource[]> {
    const name = `registered-${stack}-${variant}`;
    const run = runs.get(name) ?? cachedRun(name, () => registrations({ stack, variant }));
    runs.set(name, run);
    return run;
}
