/** RBAC of aws-privateca-issuer, instead of the roles of its chart. */
import { AWS_CLIENTS } from "../shared/aws/clients";
import { COMMON_LABELS } from "../base/labels";
import type { Manifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";

const RBAC = "rbac.authorization.k8s.io";
const CONTROLLER = AWS_CLIENTS["private-ca"];
const APPROVER = AWS_CLIENTS["cert-manager"];
const LOOK = ["get", "list", "watch"];

/**
 * The controller watches requests and issuers in all namespaces, because no option restricts its caches; it writes
 * only in the control plane's namespace. cert-manager approves requests for the mesh's issuer, and for no other: the
 * controller signs only approved requests.
 */
export function awsPrivateCaRights(issuer: string): Manifest[] {
    const { serviceAccount: name } = CONTROLLER;
    const approval = `${name}-approval`;
    return [
        ...forCluster(name, CONTROLLER, [
            may("awspca.cert-manager.io", ["awspcaissuers", "awspcaclusterissuers"], LOOK),
            may("cert-manager.io", ["certificaterequests"], LOOK),
        ]),
        ...inNamespace(name, NAMESPACES.system, [
            may("awspca.cert-manager.io", ["awspcaissuers/status"], ["get", "update", "patch"]),
            may("cert-manager.io", ["certificaterequests"], ["update"]),
            may("cert-manager.io", ["certificaterequests/status"], ["get", "update", "patch"]),
            may("", ["events"], ["create", "patch"]),
        ]),
        // Leader election among its replicas.
        ...inNamespace(name, CONTROLLER.namespace, [
            may("coordination.k8s.io", ["leases"], ["get", "create", "update", "patch"]),
            may("", ["events"], ["create", "patch"]),
        ]),
        ...forCluster(approval, APPROVER, [
            {
                ...may("cert-manager.io", ["signers"], ["approve"]),
                resourceNames: [`awspcaissuers.awspca.cert-manager.io/${NAMESPACES.system}.${issuer}`],
            },
        ]),
    ];
}

interface Account {
    readonly namespace: string;
    readonly serviceAccount: string;
}

interface Rule {
    apiGroups: string[];
    resources: string[];
    resourceNames?: string[];
    verbs: string[];
}

function forCluster(name: string, account: Account, rules: Rule[]): Manifest[] {
    const metadata = { name: `sparc-mesh-${name}`, labels: COMMON_LABELS };
    return [
        { apiVersion: `${RBAC}/v1`, kind: "ClusterRole", metadata, rules },
        {
            apiVersion: `${RBAC}/v1`,
            kind: "ClusterRoleBinding",
            metadata,
            roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: metadata.name },
            subjects: [subject(account)],
        },
    ];
}

function inNamespace(name: string, namespace: string, rules: Rule[]): Manifest[] {
    const metadata = { name, namespace, labels: COMMON_LABELS };
    return [
        { apiVersion: `${RBAC}/v1`, kind: "Role", metadata, rules },
        {
            apiVersion: `${RBAC}/v1`,
            kind: "RoleBinding",
            metadata,
            roleRef: { apiGroup: RBAC, kind: "Role", name },
            subjects: [subject(CONTROLLER)],
        },
    ];
}

function subject({ namespace, serviceAccount }: Account) {
    return { kind: "ServiceAccount", name: serviceAccount, namespace };
}

function may(group: string, resources: string[], verbs: string[]): Rule {
    return { apiGroups: [group], resources, verbs };
}
