import { dirname } from "node:path";

/** What to do about a node that runs on this machine from another state folder. */
export function stopOtherNode(state: string): string {
    return `Stop it first: XDG_STATE_HOME=${dirname(state)} make down.`;
}

/** For people: that there is such a node, and what to do about it. */
export function otherNode(state: string): string {
    return `Another node runs on this machine, from ${state}. ${stopOtherNode(state)}`;
}
