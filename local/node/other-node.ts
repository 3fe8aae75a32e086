import { dirname } from "node:path";

/** The remedy for a node that runs on this machine from another state folder. */
export function stopOtherNode(state: string): string {
    return `Stop it first: XDG_STATE_HOME=${dirname(state)} make down.`;
}

/** The error message for such a node. */
export function otherNode(state: string): string {
    return `Another node runs on this machine, from ${state}. ${stopOtherNode(state)}`;
}
