/** What the program registers for a stack, for all tests of a process: it takes seconds, and no test changes it. */
import { type JudgedResource } from "../../../cli/policy/protocol";
import { registrations } from "../../../cli/policy/registrations";

const runs = new Map<string, Promise<readonly JudgedResource[]>>();

export function registered(stack: string): Promise<readonly JudgedResource[]> {
    const run = runs.get(stack) ?? registrations({ stack });
    runs.set(stack, run);
    return run;
}
