/** `mesh diff`: compares the objects, allowed calls and reachable hosts of two meshes. */
import { MeshSnapshot } from "../lib/snapshot/snapshot";
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
    const [old, now] = [new MeshSnapshot(before.objects), new MeshSnapshot(after.objects)];
    const objects = compareObjects(before.objects, after.objects);
    return {
        before: before.name,
        after: after.name,
        objects,
        // Identical objects need no evaluation.
        ...(isEmpty(objects)
            ? {
                  calls: { allowed: [], denied: [], conditions: [], evaluated: 0 },
                  hosts: { reachable: [], unreachable: [] },
              }
            : { calls: compareCalls(old, now), hosts: compareHosts(old, now) }),
    };
}

export function isEmpty({ added, removed, changed }: ObjectChanges): boolean {
    return added.length + removed.length + changed.length === 0;
}
