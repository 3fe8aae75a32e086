/** The resources that the program registers for a stack, shared by all tests of a process: a run takes seconds. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { registrations } from "../../../cli/policy/registrations";

const runs = new Map<string, Promise<readonly EvaluatedResource[]>>();

export function registered(stack: string): Promise<readonly EvaluatedResource[]> {
    const run = runs.get(stack) ?? registrations({ stack });
    runs.set(stack, run);
    return run;
}
