/** Permissions of Roles with which a subject can change the mesh or take over its identities. */
import { CLOUD_GROUPS } from "../cluster/cloud-controllers";
import { APPLYING_GROUPS } from "../extensions/applied-manifests";

/** Scope of a Role: the whole cluster, a namespace with objects of the mesh, or another namespace. */
export type Scope = "cluster" | "system" | "namespace";

export interface DangerousPermission {
    readonly groups: readonly (string | RegExp)[];
    /** Resources and subresources; all resources of the groups if absent. */
    readonly resources?: readonly string[];
    /** Verbs, one of which is sufficient. */
    readonly verbs: readonly string[];
    readonly effect: string;
    /** Scopes in which it is dangerous; all if absent. */
    readonly scopes?: readonly Scope[];
    /** Whether a rule with these resourceNames is harmless in a scope. */
    readonly harmless?: (names: readonly string[], scope: Scope) => boolean;
}

const READ = ["get", "list", "watch"];
const CHANGE = ["create", "update", "patch"];
const WRITE = [...CHANGE, "delete", "deletecollection"];
const RBAC = "rbac.authorization.k8s.io";
/** Verbs of constrained impersonation (KEP-5284). */
const CONSTRAINED_IMPERSONATION = ["user-info", "serviceaccount", "arbitrary-node", "associated-node"].map(
    (mode) => `impersonate:${mode}`,
);
const WIDE: readonly Scope[] = ["cluster", "system"];

/** Built-in roles of Kubernetes with access to everything in their scope. */
export const ADMIN_ROLES: ReadonlySet<string> = new Set(["cluster-admin", "admin", "edit"]);

const inNamespace = (_names: readonly string[], scope: Scope): boolean => scope === "namespace";
const notIstioObjects = (names: readonly string[]): boolean =>
    names.every((name) => !/^(istio|values)/.test(name));
const notAdminRoles = (names: readonly string[]): boolean =>
    names.every((name) => !ADMIN_ROLES.has(name) && !name.startsWith("system:"));

export const DANGEROUS_PERMISSIONS: readonly DangerousPermission[] = [
    {
        groups: [""],
        resources: ["secrets"],
        verbs: READ,
        effect: "read other workloads' keys, tokens and passwords in Secrets",
        harmless: inNamespace,
    },
    {
        groups: [""],
        resources: ["secrets"],
        verbs: CHANGE,
        effect: "write Secrets, including gateway certificates and tokens of any service account",
        harmless: inNamespace,
    },
    {
        groups: [""],
        resources: ["serviceaccounts/token"],
        verbs: ["create"],
        effect: "create tokens of other service accounts",
    },
    {
        groups: [""],
        resources: ["pods/exec", "pods/attach", "pods/portforward", "pods/proxy"],
        verbs: ["get", ...CHANGE],
        effect: "run commands in other pods, and reach their ports",
    },
    {
        groups: [""],
        resources: ["pods/ephemeralcontainers"],
        verbs: ["update", "patch"],
        effect: "add containers to other pods",
    },
    {
        groups: [""],
        resources: ["nodes/proxy", "services/proxy"],
        verbs: ["get", ...WRITE],
        effect: "reach pods and kubelets without the mesh",
    },
    {
        groups: [""],
        resources: ["namespaces", "namespaces/finalize"],
        verbs: WRITE,
        effect: "take namespaces out of the mesh by changing their labels",
    },
    {
        groups: [""],
        resources: ["configmaps"],
        verbs: WRITE,
        scopes: WIDE,
        effect: "change the configuration of the mesh and of the injector",
        harmless: notIstioObjects,
    },
    {
        groups: [""],
        resources: ["endpoints"],
        verbs: CHANGE,
        scopes: WIDE,
        effect: "route Services to other pods",
        harmless: notIstioObjects,
    },
    {
        groups: ["discovery.k8s.io"],
        resources: ["endpointslices"],
        verbs: CHANGE,
        scopes: WIDE,
        effect: "route Services to other pods",
    },
    {
        groups: [""],
        resources: ["persistentvolumes"],
        verbs: CHANGE,
        effect: "create volumes with the nodes' files",
    },
    {
        groups: [""],
        resources: ["pods", "replicationcontrollers", "podtemplates"],
        verbs: CHANGE,
        scopes: WIDE,
        effect: "run pods with any service account",
    },
    {
        groups: ["apps"],
        resources: ["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: CHANGE,
        scopes: WIDE,
        effect: "run pods with any service account",
    },
    {
        groups: ["batch"],
        resources: ["jobs", "cronjobs"],
        verbs: CHANGE,
        scopes: WIDE,
        effect: "run pods with any service account",
    },
    {
        groups: ["", "authentication.k8s.io"],
        verbs: ["impersonate", ...CONSTRAINED_IMPERSONATION],
        effect: "impersonate other users",
    },
    { groups: [RBAC], verbs: ["escalate"], effect: "grant itself more permissions" },
    {
        groups: [RBAC],
        verbs: ["bind"],
        effect: "bind roles with more permissions",
        harmless: notAdminRoles,
    },
    {
        groups: ["certificates.k8s.io"],
        resources: ["certificatesigningrequests/approval", "certificatesigningrequests/status"],
        verbs: ["update", "patch"],
        effect: "approve certificates",
    },
    {
        groups: ["certificates.k8s.io"],
        resources: ["signers", "clustertrustbundles"],
        verbs: ["approve", "sign", "attest", ...CHANGE],
        effect: "sign certificates",
    },
    {
        groups: ["cert-manager.io"],
        verbs: [...CHANGE, "approve", "sign"],
        effect: "get certificates from the mesh's issuers",
    },
    {
        groups: ["admissionregistration.k8s.io"],
        verbs: WRITE,
        effect: "change admission: what is injected, and what the API server rejects",
    },
    {
        groups: ["apiextensions.k8s.io"],
        verbs: WRITE,
        effect: "change the CRDs of the mesh's policies",
    },
    { groups: ["apiregistration.k8s.io"], verbs: WRITE, effect: "serve a whole API group" },
    { groups: [/(^|\.)istio\.io$/], verbs: WRITE, effect: "change the mesh's policies and routes" },
    {
        groups: [/(^|\.)gateway\.networking\.(k8s|x-k8s)\.io$/],
        verbs: WRITE,
        effect: "change what gateways expose",
    },
    {
        groups: ["networking.k8s.io"],
        resources: ["networkpolicies", "ingresses"],
        verbs: WRITE,
        effect: "change what the network allows",
    },
    {
        groups: [
            "policy.networking.k8s.io",
            "networking.k8s.aws",
            "vpcresources.k8s.aws",
            "k8s.cni.cncf.io",
            "elbv2.k8s.aws",
            "crd.k8s.amazonaws.com",
        ],
        verbs: WRITE,
        effect: "change what the network allows",
    },
    {
        groups: [/(^|\.)(cilium\.io|projectcalico\.org|antrea\.io|ovn\.org|kubeovn\.io)$/],
        verbs: WRITE,
        effect: "change what the network allows",
    },
    {
        groups: [/(^|\.)(kyverno\.io|gatekeeper\.sh)$/],
        verbs: WRITE,
        effect: "change what admission rejects and mutates",
    },
    {
        groups: ["external-secrets.io", "secrets-store.csi.x-k8s.io"],
        verbs: CHANGE,
        effect: "let an operator write Secrets and export them from the cluster",
        scopes: WIDE,
    },
    {
        groups: ["helm.toolkit.fluxcd.io", "helm.cattle.io", ...APPLYING_GROUPS],
        verbs: CHANGE,
        effect: "deploy with another controller's permissions",
    },
    {
        groups: CLOUD_GROUPS,
        verbs: WRITE,
        effect: "create cloud rights and networks with a controller's permissions",
    },
    {
        groups: ["argoproj.io"],
        resources: ["applications", "applicationsets", "appprojects"],
        verbs: CHANGE,
        effect: "deploy with Argo CD's permissions",
    },
    {
        groups: ["security.openshift.io"],
        resources: ["securitycontextconstraints"],
        verbs: [...WRITE, "use"],
        effect: "run privileged pods",
    },
];
