import { textAt } from "./read";
import { type Subject } from "./subject";

export const CANARY = "flagger.app/Canary";

/** The workload that the Canary rolls out. */
export function targetOf({ spec, name }: Subject): string {
    return textAt(spec, "targetRef", "name") ?? name;
}

/** The host of the VirtualService that Flagger creates: the apex Service. */
export function apexOf(canary: Subject): string {
    return textAt(canary.spec, "service", "name") ?? targetOf(canary);
}

/** The Services that Flagger creates for the two versions. */
export function versionsOf(apex: string): readonly string[] {
    return [`${apex}-primary`, `${apex}-canary`];
}
