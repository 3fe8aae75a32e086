/** Permissions added for a workload of the stack. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";
import { addedWith } from "./added";
import { meshedNamespaces } from "./places";

const RBAC = "rbac.authorization.k8s.io/v1";

/** One concrete grant each, as an attacker who knows what `*` covers would write it. */
const GRANTS: readonly (readonly [group: string, resource: string, verb: string])[] = [
    ["", "secrets", "list"],
    ["", "serviceaccounts/token", "create"],
    ["", "pods/exec", "create"],
    ["", "pods/ephemeralcontainers", "patch"],
    ["", "nodes/proxy", "get"],
    ["", "namespaces", "patch"],
    ["security.istio.io", "authorizationpolicies", "delete"],
    ["networking.istio.io", "envoyfilters", "create"],
    ["networking.k8s.io", "networkpolicies", "patch"],
    ["admissionregistration.k8s.io", "mutatingwebhookconfigurations", "update"],
    ["apiextensions.k8s.io", "customresourcedefinitions", "patch"],
    ["certificates.k8s.io", "certificatesigningrequests/approval", "update"],
    ["cert-manager.io", "certificates", "create"],
];

export function addedRights(stack: readonly EvaluatedResource[]): Mutation[] {
    return meshedNamespaces(stack).flatMap((namespace) => [
        ...GRANTS.map(([group, resource, verb]) =>
            addedWith(
                `added: a role to ${verb} ${resource}`,
                RBAC,
                "ClusterRole",
                "",
                `${namespace}-${verb}-${resource.replace("/", "-")}`,
                { rules: [{ apiGroups: [group], resources: [resource], verbs: [verb] }] },
            ),
        ),
        addedWith(
            "added: istiod's role for a service",
            RBAC,
            "ClusterRoleBinding",
            "",
            `${namespace}-istiod`,
            {
                roleRef: { kind: "ClusterRole", name: "istiod-clusterrole-1-31-1-istio-system" },
                subjects: [{ kind: "ServiceAccount", name: "reports", namespace }],
            },
        ),
        addedWith("added: cluster-admin in a namespace", RBAC, "RoleBinding", namespace, "ops", {
            roleRef: { kind: "ClusterRole", name: "cluster-admin" },
            subjects: [{ kind: "ServiceAccount", name: "reports", namespace }],
        }),
        addedWith("added: aws-auth for administrators", "v1", "ConfigMap", "kube-system", "aws-auth", {
            data: {
                mapRoles: `- { rolearn: "arn:aws:iam::1:role/${namespace}", username: ci, groups: [system:masters] }`,
            },
        }),
    ]);
}
