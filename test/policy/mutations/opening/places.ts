/** Where the stack's workloads are. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { kindOf, type Props } from "../model";

/** Namespaces whose labels ask for sidecars. */
export function meshedNamespaces(stack: readonly JudgedResource[]): readonly string[] {
    return stack
        .filter((resource) => kindOf(resource) === "Namespace")
        .map(({ properties }) => properties["metadata"] as Props)
        .filter(({ labels }) => "istio.io/rev" in ((labels as object | undefined) ?? {}))
        .map(({ name }) => String(name));
}
