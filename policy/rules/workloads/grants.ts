/** What a rule of a Role gives, where that is a way into the mesh: by group, resource and verb, not by how it is written. */
import { at, texts } from "../../core/read";

export interface Grant {
    /** `group/resource`, as exceptions name it; the core API's group is `core`. */
    readonly resource: string;
    /** What whoever has it can do. */
    readonly means: string;
}

/** Where a Role holds: in the whole cluster, in a namespace with objects of the mesh's own, or in another one. */
export type Scope = "cluster" | "system" | "namespace";

interface Danger {
    readonly groups: readonly (string | RegExp)[];
    /** Resources and subresources; all of the groups' resources where absent. */
    readonly resources?: readonly string[];
    /** Verbs of which one is enough. */
    readonly verbs: readonly string[];
    readonly means: string;
    /** Scopes in which it is a danger; all where absent. */
    readonly scopes?: readonly Scope[];
    /** Whether a rule is harmless in a scope because it is about objects of these names alone. */
    readonly harmless?: (names: readonly string[], scope: Scope) => boolean;
}

const READ = ["get", "list", "watch"];
const CHANGE = ["create", "update", "patch"];
const WRITE = [...CHANGE, "delete", "deletecollection"];
const RBAC = "rbac.authorization.k8s.io";
const WIDE: readonly Scope[] = ["cluster", "system"];

/** Roles of Kubernetes' own that reach everything in their scope. */
export const MASTERS: ReadonlySet<string> = new Set(["cluster-admin", "admin", "edit"]);

const inNamespace = (_names: readonly string[], scope: Scope): boolean => scope === "namespace";
const notIstios = (names: readonly string[]): boolean => names.every((name) => !/^(istio|values)/.test(name));
const notMasters = (names: readonly string[]): boolean =>
    names.every((name) => !MASTERS.has(name) && !name.startsWith("system:"));

const DANGERS: readonly Danger[] = [
    {
        groups: [""],
        resources: ["secrets"],
        verbs: READ,
        means: "reads keys, tokens and passwords of others in Secrets",
        harmless: inNamespace,
    },
    {
        groups: [""],
        resources: ["secrets"],
        verbs: CHANGE,
        means: "writes Secrets: certificates of gateways, and tokens of any account",
        harmless: inNamespace,
    },
    {
        groups: [""],
        resources: ["serviceaccounts/token"],
        verbs: ["create"],
        means: "makes tokens of other accounts",
    },
    {
        groups: [""],
        resources: ["pods/exec", "pods/attach", "pods/portforward", "pods/proxy"],
        verbs: ["get", ...CHANGE],
        means: "runs commands in other pods, and reaches their ports",
    },
    {
        groups: [""],
        resources: ["pods/ephemeralcontainers"],
        verbs: ["update", "patch"],
        means: "puts containers into other pods",
    },
    {
        groups: [""],
        resources: ["nodes/proxy", "services/proxy"],
        verbs: ["get", ...WRITE],
        means: "reaches pods and kubelets past the mesh",
    },
    {
        groups: [""],
        resources: ["namespaces", "namespaces/finalize"],
        verbs: WRITE,
        means: "takes namespaces out of the mesh by their labels",
    },
    {
        groups: [""],
        resources: ["configmaps"],
        verbs: WRITE,
        scopes: WIDE,
        means: "changes the mesh's and the injector's configuration",
        harmless: notIstios,
    },
    {
        groups: [""],
        resources: ["endpoints"],
        verbs: CHANGE,
        scopes: WIDE,
        means: "leads Services to other pods",
        harmless: notIstios,
    },
    {
        groups: ["discovery.k8s.io"],
        resources: ["endpointslices"],
        verbs: CHANGE,
        scopes: WIDE,
        means: "leads Services to other pods",
    },
    {
        groups: [""],
        resources: ["persistentvolumes"],
        verbs: CHANGE,
        means: "makes volumes of the nodes' files",
    },
    {
        groups: [""],
        resources: ["pods", "replicationcontrollers", "podtemplates"],
        verbs: CHANGE,
        scopes: WIDE,
        means: "runs pods as any account",
    },
    {
        groups: ["apps"],
        resources: ["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: CHANGE,
        scopes: WIDE,
        means: "runs pods as any account",
    },
    {
        groups: ["batch"],
        resources: ["jobs", "cronjobs"],
        verbs: CHANGE,
        scopes: WIDE,
        means: "runs pods as any account",
    },
    { groups: ["", "authentication.k8s.io"], verbs: ["impersonate"], means: "acts as somebody else" },
    { groups: [RBAC], verbs: ["escalate"], means: "gives itself rights that it was not given" },
    {
        groups: [RBAC],
        verbs: ["bind"],
        means: "binds roles with rights that it was not given",
        harmless: notMasters,
    },
    {
        groups: ["certificates.k8s.io"],
        resources: ["certificatesigningrequests/approval", "certificatesigningrequests/status"],
        verbs: ["update", "patch"],
        means: "approves certificates",
    },
    {
        groups: ["certificates.k8s.io"],
        resources: ["signers", "clustertrustbundles"],
        verbs: ["approve", "sign", "attest", ...CHANGE],
        means: "signs certificates",
    },
    {
        groups: ["cert-manager.io"],
        verbs: [...CHANGE, "approve", "sign"],
        means: "gets certificates of the mesh's issuers",
    },
    {
        groups: ["admissionregistration.k8s.io"],
        verbs: WRITE,
        means: "changes admission: what is injected, and what the API server refuses",
    },
    {
        groups: ["apiextensions.k8s.io"],
        verbs: WRITE,
        means: "changes the kinds that hold the mesh's policies",
    },
    { groups: ["apiregistration.k8s.io"], verbs: WRITE, means: "answers for a whole API group" },
    { groups: [/(^|\.)istio\.io$/], verbs: WRITE, means: "changes the mesh's policies and routes" },
    {
        groups: [/(^|\.)gateway\.networking\.(k8s|x-k8s)\.io$/],
        verbs: WRITE,
        means: "changes what gateways expose",
    },
    {
        groups: ["networking.k8s.io"],
        resources: ["networkpolicies", "ingresses"],
        verbs: WRITE,
        means: "changes what the network lets in",
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
        means: "changes what the network lets in",
    },
    {
        groups: [/(^|\.)(cilium\.io|projectcalico\.org|antrea\.io|ovn\.org|kubeovn\.io)$/],
        verbs: WRITE,
        means: "changes what the network lets in",
    },
    {
        groups: [/(^|\.)(kyverno\.io|gatekeeper\.sh)$/],
        verbs: WRITE,
        means: "changes what admission refuses and rewrites",
    },
    {
        groups: ["external-secrets.io", "secrets-store.csi.x-k8s.io"],
        verbs: CHANGE,
        means: "has an operator write Secrets, and carry them out of the cluster",
        scopes: WIDE,
    },
    {
        groups: ["helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"],
        verbs: CHANGE,
        means: "deploys with the rights of Flux",
    },
    {
        groups: ["argoproj.io"],
        resources: ["applications", "applicationsets", "appprojects"],
        verbs: CHANGE,
        means: "deploys with the rights of Argo CD",
    },
    {
        groups: ["security.openshift.io"],
        resources: ["securitycontextconstraints"],
        verbs: [...WRITE, "use"],
        means: "runs privileged pods",
    },
];

/** What one rule of a role gives that is a way into the mesh. */
export function grantsOf(rule: unknown, scope: Scope): readonly Grant[] {
    const groups = texts(at(rule, "apiGroups"));
    const resources = texts(at(rule, "resources"));
    const verbs = texts(at(rule, "verbs"));
    const names = texts(at(rule, "resourceNames"));
    return DANGERS.flatMap((danger) => {
        const { scopes, harmless, means } = danger;
        if (scopes?.includes(scope) === false) return [];
        if (!verbs.some((verb) => verb === "*" || danger.verbs.includes(verb))) return [];
        if (names.length > 0 && harmless?.(names, scope) === true) return [];
        return groups
            .filter((group) => group === "*" || danger.groups.some((one) => isGroup(one, group)))
            .flatMap((group) =>
                reached(danger, resources).map((resource) => `${group === "" ? "core" : group}/${resource}`),
            )
            .map((resource) => ({ resource, means }));
    });
}

function isGroup(pattern: string | RegExp, group: string): boolean {
    return typeof pattern === "string" ? pattern === group : pattern.test(group);
}

/** The dangerous resources that a rule's list reaches, as it writes them where a whole group is dangerous. */
function reached({ resources }: Danger, patterns: readonly string[]): readonly string[] {
    // Whoever may write a status changes nothing that takes effect.
    if (resources === undefined) return patterns.filter((pattern) => !/\/(status|finalizers)$/.test(pattern));
    return resources.filter((resource) => patterns.some((pattern) => fits(pattern, resource)));
}

/** How the API server compares them (`*`, `*` + `/scale`), and `pods/*` as its authors mean it. */
function fits(pattern: string, resource: string): boolean {
    if (pattern === "*" || pattern === resource) return true;
    if (pattern.startsWith("*/")) return resource.endsWith(pattern.slice(1));
    return pattern.endsWith("/*") && resource.startsWith(pattern.slice(0, -1));
}
