/** A stack as `mesh explain` reads it: its objects and releases, from the registered resources. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { type MeshObjects, MeshSnapshot } from "../../../../cli/lib/snapshot/snapshot";

export function worldOf(stack: readonly EvaluatedResource[]): MeshSnapshot {
    return new MeshSnapshot(partsOf(stack));
}

function partsOf(stack: readonly EvaluatedResource[]): MeshObjects {
    const ofKubernetes = stack.filter(({ type }) => type.startsWith("kubernetes:"));
    const releases = ofKubernetes
        .filter(({ type }) => type.startsWith("kubernetes:helm.sh/"))
        .map(({ properties }) => ({ name: "", namespace: "", values: {}, ...properties }));
    const objects = ofKubernetes
        .filter(({ properties }) => "kind" in properties && "metadata" in properties)
        .map(({ properties }) => ({ spec: {}, ...properties }));
    return { releases, objects: objects as unknown as MeshObjects["objects"] };
}
