/** `mesh diff`: what two renderings of the mesh let through, and what of them differs. */
import { World } from "../explain/world/world";
import { type CallChanges, compareCalls } from "./calls/compare";
import { type HostChanges, compareHosts } from "./hosts";
import { type ObjectChanges, compareObjects } from "./objects";
import type { Side } from "./sides";

export interface Difference {
    readonly before: string;
    readonly after: string;
    readonly objects: ObjectChanges;
    readonly calls: CallChanges;
    readonly hosts: HostChanges;
}

export function difference(before: Side, after: Side): Difference {
    const [old, now] = [new World(before.objects), new World(after.objects)];
    const objects = compareObjects(before.objects, after.objects);
    return {
        before: before.name,
        after: after.name,
        objects,
        // The same objects give the same answers.
        ...(isEmpty(objects)
            ? {
                  calls: { allowed: [], denied: [], conditions: [], judged: 0 },
                  hosts: { reachable: [], unreachable: [] },
              }
            : { calls: compareCalls(old, now), hosts: compareHosts(old, now) }),
    };
}

export function isEmpty({ added, removed, changed }: ObjectChanges): boolean {
    return added.length + removed.length + changed.length === 0;
}
