/** A stack as `mesh explain` reads it: its objects and releases, from what the program registers. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { type Objects, World } from "../../../../cli/explain/world/world";

export function worldOf(stack: readonly JudgedResource[]): World {
    return new World(partsOf(stack));
}

function partsOf(stack: readonly JudgedResource[]): Objects {
    const ofKubernetes = stack.filter(({ type }) => type.startsWith("kubernetes:"));
    const releases = ofKubernetes
        .filter(({ type }) => type.startsWith("kubernetes:helm.sh/"))
        .map(({ properties }) => ({ name: "", namespace: "", values: {}, ...properties }));
    const objects = ofKubernetes
        .filter(({ properties }) => "kind" in properties && "metadata" in properties)
        .map(({ properties }) => ({ spec: {}, ...properties }));
    return { releases, objects: objects as unknown as Objects["objects"] };
}
