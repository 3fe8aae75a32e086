import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

const RBAC = "rbac.authorization.k8s.io";

/** What Kubernetes itself grants to everyone. */
const PUBLIC_ROLES: ReadonlySet<string> = new Set([
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
]);

/** Kubernetes' own roles that write whatever there is. */
const MASTERS: ReadonlySet<string> = new Set(["cluster-admin", "admin", "edit"]);

const PROMOTING: ReadonlySet<string> = new Set(["escalate", "bind", "impersonate"]);

/** API groups whose objects keep the mesh closed. */
const GUARDED: ReadonlySet<string> = new Set([
    "*",
    "",
    "admissionregistration.k8s.io",
    "networking.istio.io",
    "networking.k8s.io",
    RBAC,
    "security.istio.io",
]);

export const rights = objectRule<WithExceptions>({
    name: "workloads-rights",
    area: "workloads",
    title: "No rights over the cluster for everyone, and none over all of it for a workload",
    severity: "high",
    why: "who may write objects may take every other policy away: the mesh is as closed as the API server is",
    remedy: "Bind a role with the verbs and resources that are needed to the one ServiceAccount that needs them.",
    judges: [`${RBAC}/ClusterRoleBinding`, `${RBAC}/RoleBinding`, `${RBAC}/ClusterRole`, `${RBAC}/Role`],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
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
        if (isExcepted(config, subject)) return;
        yield* subject.kind.endsWith("Binding") ? judgeBinding(subject) : judgeRole(subject);
    },
});

function* judgeBinding(subject: Subject): Iterable<Finding> {
    const role = textAt(subject.props, "roleRef", "name") ?? "";
    for (const [index, bound] of list(subject.props["subjects"]).entries()) {
        const kind = textAt(bound, "kind");
        const name = textAt(bound, "name") ?? "";
        const isEveryone =
            kind === "ServiceAccount"
                ? name === "default"
                : /^system:(anonymous|authenticated|unauthenticated|serviceaccounts(:.*)?)$/.test(name);
        if (isEveryone && !PUBLIC_ROLES.has(role)) {
            yield {
                subject,
                wrong: `subjects[${index}] gives ${role} to ${kind === "ServiceAccount" ? "every pod that names no account" : `all of ${name}`}`,
                fix: "name the one ServiceAccount that needs it.",
            };
        } else if (isWorkload(kind, name) && MASTERS.has(role) && subject.kind === "ClusterRoleBinding") {
            yield {
                subject,
                wrong: `subjects[${index}] gives the workload ${name} the role ${role} in the whole cluster`,
                fix: "bind a role with what it needs, or list this binding under the policy's exceptions with a reason and an end date.",
            };
        }
    }
}

/** A ServiceAccount, or the user as which the API server knows it. */
function isWorkload(kind: string | undefined, name: string): boolean {
    return kind === "ServiceAccount" || name.startsWith("system:serviceaccount:");
}

function* judgeRole(subject: Subject): Iterable<Finding> {
    for (const [index, rule] of list(subject.props["rules"]).entries()) {
        const isAll = (field: string): boolean => texts(at(rule, field)).includes("*");
        const verb = texts(at(rule, "verbs")).find(
            (one) => PROMOTING.has(one) && !(one === "bind" && bindsNamed(rule)),
        );
        const group = texts(at(rule, "apiGroups")).find((one) => GUARDED.has(one));
        const isAnything = isAll("verbs") && isAll("resources");
        if (verb === undefined && !(isAnything && group !== undefined)) continue;
        yield {
            subject,
            wrong:
                verb === undefined
                    ? `rules[${index}] is every verb on everything${group === "*" ? "" : ` of ${group === "" ? "the core API" : (group ?? "")}`}`
                    : `rules[${index}] has the verb ${verb}, by which one gets rights that one was not given`,
            fix: "list the API groups, resources and verbs that are needed.",
        };
    }
}

/** Whether a rule may bind named roles alone, of which none is one of Kubernetes' own. */
function bindsNamed(rule: unknown): boolean {
    const names = texts(at(rule, "resourceNames"));
    return names.length > 0 && names.every((name) => !MASTERS.has(name) && !name.startsWith("system:"));
}
