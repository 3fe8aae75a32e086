import {
    about,
    EXCEPTIONS_SCHEMA,
    type Exception,
    holds,
    isExcepted,
    NO_EXCEPTIONS,
    withItemProperties,
} from "../../core/exceptions";
import { at, list, says, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type Grant, grantsOf, MASTERS } from "./grants";

const RBAC = "rbac.authorization.k8s.io";

/** OpenShift's older kinds of the same fields. */
const OPENSHIFT = "authorization.openshift.io";

/** What Kubernetes itself grants to everyone. */
const PUBLIC_ROLES: ReadonlySet<string> = new Set([
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
]);

/** Of Kubernetes' own roles, those that let nobody read a Secret, write, or reach a pod. */
const HARMLESS_ROLES: ReadonlySet<string> = new Set([
    ...PUBLIC_ROLES,
    "system:auth-delegator",
    "system:kube-dns",
    "system:monitoring",
    "system:node-proxier",
]);

interface RightsException extends Exception {
    /** Of a role: the resources that it may have, as `group/resource`; whatever it gives where absent. */
    readonly grants?: readonly string[];
}

interface Config {
    readonly exceptions: readonly RightsException[];
    readonly system: readonly string[];
}

export const rights = objectRule<Config>({
    name: "workloads-rights",
    area: "workloads",
    title: "No rights over the cluster for everyone, and none over all of it for a workload",
    severity: "high",
    why: "who may write objects may take every other policy away: the mesh is as closed as the API server is",
    remedy: "Bind a role with the verbs and resources that are needed to the one ServiceAccount that needs them.",
    judges: [RBAC, OPENSHIFT].flatMap((group) =>
        ["ClusterRoleBinding", "RoleBinding", "ClusterRole", "Role"].map((kind) => `${group}/${kind}`),
    ),
    defaults: {
        ...NO_EXCEPTIONS,
        system: [
            "istio-system",
            "istio-ingress",
            "istio-egress",
            "cert-manager",
            "kube-system",
            "flux-system",
            "argocd",
        ],
    },
    schema: {
        exceptions: withItemProperties(EXCEPTIONS_SCHEMA, {
            grants: {
                type: "array",
                items: { type: "string" },
                description:
                    "resources that a role may have, as group/resource; whatever it gives where absent",
            },
        }),
        system: {
            type: "array",
            items: { type: "string" },
            description:
                "namespaces with objects of the mesh's own: the control plane's, gateways' and controllers'",
        },
    },
    examples: {
        refused: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: quick-fix }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: carts, namespace: shop }]
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: RoleBinding
metadata: { name: readers, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: readers }
subjects: [{ kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated" }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: everything }
rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
`,
        accepted: `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: leader, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: leader }
subjects: [{ kind: ServiceAccount, name: carts, namespace: shop }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: leader, namespace: shop }
rules: [{ apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update] }]
`,
    },
    *judge(subject, config) {
        if (subject.kind.endsWith("Binding")) {
            if (!isExcepted(config, subject)) yield* judgeBinding(subject, config);
            return;
        }
        const fitting = about(config, subject) as readonly RightsException[];
        if (!holds(fitting.filter(({ grants }) => grants === undefined)))
            yield* judgeRole(subject, config, fitting);
    },
});

function* judgeBinding(subject: Subject, { system }: Config): Iterable<Finding> {
    const role = textAt(subject.props, "roleRef", "name") ?? "";
    const isWide = subject.kind === "ClusterRoleBinding";
    const where = isWide ? "in the whole cluster" : `in ${subject.namespace}`;
    for (const [index, bound] of list(subject.props["subjects"]).entries()) {
        const kind = textAt(bound, "kind");
        const name = textAt(bound, "name") ?? "";
        if (isEveryone(kind, name) && !PUBLIC_ROLES.has(role)) {
            yield {
                subject,
                wrong: `subjects[${index}] gives ${role} to ${kind === "ServiceAccount" ? "every pod that names no account" : `all of ${name}`}`,
                fix: "name the one ServiceAccount that needs it.",
            };
        } else if (
            MASTERS.has(role) &&
            (isMachine(kind, name) || (!isWide && system.includes(subject.namespace)))
        ) {
            yield {
                subject,
                wrong: `subjects[${index}] gives ${name} the role ${role} ${where}`,
                fix: "bind a role with what it needs, or list this binding under the policy's exceptions with a reason and an end date.",
            };
        } else if (role.startsWith("system:") && !HARMLESS_ROLES.has(role) && !isKubernetes(bound)) {
            yield {
                subject,
                wrong: `subjects[${index}] gives ${name} the role ${role} ${where}, which is of a part of Kubernetes itself`,
                fix: "bind a role with what it needs.",
            };
        }
    }
}

function isEveryone(kind: string | undefined, name: string): boolean {
    if (kind === "ServiceAccount") return name === "default";
    return /^system:(anonymous|authenticated|unauthenticated|serviceaccounts(:.*)?)$/.test(name);
}

/** A ServiceAccount, the user as which the API server knows it, or a group of machines. */
function isMachine(kind: string | undefined, name: string): boolean {
    return kind === "ServiceAccount" || (name.startsWith("system:") && name !== "system:masters");
}

/** Parts of the control plane, which come with these roles. */
function isKubernetes(bound: unknown): boolean {
    const name = textAt(bound, "name") ?? "";
    if (textAt(bound, "kind") === "ServiceAccount") return textAt(bound, "namespace") === "kube-system";
    return name.startsWith("system:kube-") || name === "system:masters";
}

function* judgeRole(
    subject: Subject,
    { system }: Config,
    exceptions: readonly RightsException[],
): Iterable<Finding> {
    const scope = !/^Role$/.test(subject.kind)
        ? "cluster"
        : system.includes(subject.namespace)
          ? "system"
          : "namespace";
    const isListed = ({ resource }: Grant): boolean =>
        holds(exceptions.filter(({ grants = [] }) => grants.includes(resource)));
    for (const [index, rule] of list(subject.props["rules"]).entries()) {
        const grants = grantsOf(rule, scope).filter((grant) => !isListed(grant));
        if (grants.length === 0) continue;
        const means = [...new Set(grants.map((grant) => grant.means))];
        const resources = [...new Set(grants.map(({ resource }) => resource))];
        yield {
            subject,
            wrong: `rules[${index}] gives ${summary(resources)}: whoever has it ${summary(means)}`,
            fix: "list the resources, verbs and names that are needed; list what must be under this policy's exceptions, with its `grants`, a reason and an end date.",
        };
    }
    if (says(at(subject.props, "aggregationRule", "clusterRoleSelectors"))) {
        yield {
            subject,
            wrong: "aggregationRule gives it whatever any role with those labels gives, also roles that somebody makes later",
            fix: "write its rules.",
        };
    }
}

/** The first three, and how many more there are. */
function summary(parts: readonly string[]): string {
    const more = parts.length - 3;
    return `${parts.slice(0, 3).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
