import { textAt } from "./read";
import { type Subject } from "./subject";

export const CANARY = "flagger.app/Canary";

/** The workload that Flagger rolls out. */
export function targetOf({ spec, name }: Subject): string {
    return textAt(spec, "targetRef", "name") ?? name;
}

/** The host that Flagger's VirtualService serves: the apex Service. */
export function apexOf(canary: Subject): string {
    return textAt(canary.spec, "service", "name") ?? targetOf(canary);
}
