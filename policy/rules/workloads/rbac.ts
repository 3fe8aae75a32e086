import {
    exceptionsFor,
    EXCEPTIONS_SCHEMA,
    type Exception,
    anyInForce,
    isExcepted,
    NO_EXCEPTIONS,
    withItemProperties,
} from "../../core/exceptions";
import { at, list, isNonEmpty, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { ADMIN_ROLES } from "./dangerous-permissions";
import { type DangerousGrant, grantsOf } from "./grants";

const RBAC = "rbac.authorization.k8s.io";

/** OpenShift's older API with the same fields. */
const OPENSHIFT = "authorization.openshift.io";

/** Roles that Kubernetes grants to everyone. */
const PUBLIC_ROLES: ReadonlySet<string> = new Set([
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
]);

/** Built-in roles that can neither read Secrets, nor write, nor reach pods. */
const HARMLESS_ROLES: ReadonlySet<string> = new Set([
    ...PUBLIC_ROLES,
    "system:auth-delegator",
    "system:kube-dns",
    "system:monitoring",
    "system:node-proxier",
]);

interface RightsException extends Exception {
    /** For a role: the allowed resources as `group/resource`; any permission if absent. */
    readonly grants?: readonly string[];
}

interface Config {
    readonly exceptions: readonly RightsException[];
    readonly system: readonly string[];
}

export const rbac = objectRule<Config>({
    name: "workloads-rbac",
    area: "workloads",
    title: "No permissions for everyone, and no cluster-wide permissions for workloads",
    severity: "high",
    why: "anyone who can write objects can remove every other policy: the mesh is only as secure as the API server",
    remediation:
        "Bind a role with the required verbs and resources to the one ServiceAccount that needs them.",
    appliesTo: [RBAC, OPENSHIFT].flatMap((group) =>
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
                description: "allowed resources of a role, as group/resource; any permission if absent",
            },
        }),
        system: {
            type: "array",
            items: { type: "string" },
            description:
                "namespaces with objects of the mesh: those of the control plane, gateways and controllers",
        },
    },
    examples: {
        noncompliant: `
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
        compliant: `
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
    *evaluate(subject, config) {
        if (subject.kind.endsWith("Binding")) {
            if (!isExcepted(config, subject)) yield* evaluateBinding(subject, config);
            return;
        }
        const fitting = exceptionsFor(config, subject) as readonly RightsException[];
        if (!anyInForce(fitting.filter(({ grants }) => grants === undefined)))
            yield* evaluateRole(subject, config, fitting);
    },
});

function* evaluateBinding(subject: Subject, { system }: Config): Iterable<Violation> {
    const role = textAt(subject.props, "roleRef", "name") ?? "";
    const isWide = subject.kind === "ClusterRoleBinding";
    const where = isWide ? "in the whole cluster" : `in ${subject.namespace}`;
    for (const [index, bound] of list(subject.props["subjects"]).entries()) {
        const kind = textAt(bound, "kind");
        const name = textAt(bound, "name") ?? "";
        if (isEveryone(kind, name) && !PUBLIC_ROLES.has(role)) {
            yield {
                subject,
                problem: `subjects[${index}] binds ${kind === "ServiceAccount" ? "every pod without a service account" : `all of ${name}`} to the role ${role}`,
                fix: "list the one ServiceAccount that needs it.",
            };
        } else if (
            ADMIN_ROLES.has(role) &&
            (isWorkloadIdentity(kind, name) || (!isWide && system.includes(subject.namespace)))
        ) {
            yield {
                subject,
                problem: `subjects[${index}] binds ${name} to the role ${role} ${where}`,
                fix: "bind a role with the required permissions, or add this binding to the policy's exceptions with a reason and an end date.",
            };
        } else if (role.startsWith("system:") && !HARMLESS_ROLES.has(role) && !isKubernetes(bound)) {
            yield {
                subject,
                problem: `subjects[${index}] binds ${name} to the role ${role} ${where}, which is meant for Kubernetes components`,
                fix: "bind a role with the required permissions.",
            };
        }
    }
}

function isEveryone(kind: string | undefined, name: string): boolean {
    if (kind === "ServiceAccount") return name === "default";
    return /^system:(anonymous|authenticated|unauthenticated|serviceaccounts(:.*)?)$/.test(name);
}

/** A ServiceAccount, its user name in the API server, or a system group. */
function isWorkloadIdentity(kind: string | undefined, name: string): boolean {
    return kind === "ServiceAccount" || (name.startsWith("system:") && name !== "system:masters");
}

/** Control plane components, which have these roles by default. */
function isKubernetes(bound: unknown): boolean {
    const name = textAt(bound, "name") ?? "";
    if (textAt(bound, "kind") === "ServiceAccount") return textAt(bound, "namespace") === "kube-system";
    return name.startsWith("system:kube-") || name === "system:masters";
}

function* evaluateRole(
    subject: Subject,
    { system }: Config,
    exceptions: readonly RightsException[],
): Iterable<Violation> {
    const scope = !/^Role$/.test(subject.kind)
        ? "cluster"
        : system.includes(subject.namespace)
          ? "system"
          : "namespace";
    const isListed = ({ resource }: DangerousGrant): boolean =>
        anyInForce(exceptions.filter(({ grants = [] }) => grants.includes(resource)));
    for (const [index, rule] of list(subject.props["rules"]).entries()) {
        const grants = grantsOf(rule, scope).filter((grant) => !isListed(grant));
        if (grants.length === 0) continue;
        const effect = [...new Set(grants.map((grant) => grant.effect))];
        const resources = [...new Set(grants.map(({ resource }) => resource))];
        yield {
            subject,
            problem: `rules[${index}] grants ${summary(resources)}, which allows subjects to ${summary(effect)}`,
            fix: "list the required resources, verbs and names. Add required permissions to this policy's exceptions with `grants`, a reason and an end date.",
        };
    }
    if (isNonEmpty(at(subject.props, "aggregationRule", "clusterRoleSelectors"))) {
        yield {
            subject,
            problem:
                "aggregationRule adds the permissions of all roles with matching labels, including roles that are created later",
            fix: "list its rules explicitly.",
        };
    }
}

/** The first three parts, and the number of the others. */
function summary(parts: readonly string[]): string {
    const more = parts.length - 3;
    return `${parts.slice(0, 3).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
