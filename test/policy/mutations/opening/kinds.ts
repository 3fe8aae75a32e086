/** Objects of kinds that bypass the gateways, or change the mesh's CRDs. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";
import { added } from "./added";
import { meshedNamespaces } from "./places";

export function otherKinds(stack: readonly EvaluatedResource[]): Mutation[] {
    return [
        ...meshedNamespaces(stack).flatMap((namespace) => [
            added("added: a Route of OpenShift", "route.openshift.io/v1", "Route", namespace, "way-in", {}),
            added(
                "added: a ListenerSet",
                "gateway.networking.k8s.io/v1",
                "ListenerSet",
                namespace,
                "way-in",
                {},
            ),
            added("added: manual endpoints", "discovery.k8s.io/v1", "EndpointSlice", namespace, "mine", {}),
        ]),
        added(
            "added: a CRD that serves nothing",
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "",
            "authorizationpolicies.security.istio.io",
            { group: "security.istio.io", versions: [] },
        ),
    ];
}
