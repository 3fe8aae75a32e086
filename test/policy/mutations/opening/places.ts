/** The stack's namespaces with workloads. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, type Props } from "../model";

/** Namespaces whose labels enable injection. */
export function meshedNamespaces(stack: readonly EvaluatedResource[]): readonly string[] {
    return stack
        .filter((resource) => kindOf(resource) === "Namespace")
        .map(({ properties }) => properties["metadata"] as Props)
        .filter(({ labels }) => "istio.io/rev" in ((labels as object | undefined) ?? {}))
        .map(({ name }) => String(name));
}
