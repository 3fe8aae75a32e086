import {
    exceptionList,
    EXCEPTIONS_SCHEMA,
    type Exception,
    anyInForce,
    isExcepted,
    NO_EXCEPTIONS,
} from "../../core/exceptions";
import { list, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { ADMIN_ROLES } from "./dangerous-permissions";

interface KnownRole extends Pick<Exception, "reason" | "until"> {
    readonly name: string;
}

interface Config {
    readonly exceptions: readonly Exception[];
    readonly roles: readonly KnownRole[];
}

const RBAC = "rbac.authorization.k8s.io";

/** Built-in roles without the prefix `system:`; `workloads-rbac` evaluates who is bound to them. */
const KUBERNETES_ROLES: ReadonlySet<string> = new Set([
    ...ADMIN_ROLES,
    "view",
    "extension-apiserver-authentication-reader",
]);

export const knownRoles = stackRule<Config>({
    name: "workloads-known-roles",
    area: "workloads",
    title: "Workloads are only bound to roles in this stack",
    severity: "high",
    why: "a role of a chart or of another program may read every Secret, as istiod's does, and no policy has evaluated it",
    remediation: "Create the Role with the required verbs and resources in the stack that binds it.",
    appliesTo: [`${RBAC}/ClusterRoleBinding`, `${RBAC}/RoleBinding`, `${RBAC}/ClusterRole`, `${RBAC}/Role`],
    defaults: { ...NO_EXCEPTIONS, roles: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        roles: exceptionList("reviewed roles that are created elsewhere", { name: { type: "string" } }),
    },
    examples: {
        noncompliant: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: carts }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: istiod-clusterrole-istio-system }
subjects: [{ kind: ServiceAccount, name: carts, namespace: shop }]
`,
        compliant: `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: carts, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: carts }
subjects: [{ kind: ServiceAccount, name: carts, namespace: shop }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: carts, namespace: shop }
rules: [{ apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update] }]
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all(`${RBAC}/ClusterRoleBinding`, `${RBAC}/RoleBinding`), function* (subject) {
            if (isExcepted(config, subject)) return;
            const kind = textAt(subject.props, "roleRef", "kind") ?? "ClusterRole";
            const name = textAt(subject.props, "roleRef", "name");
            if (name === undefined || name.startsWith("system:") || KUBERNETES_ROLES.has(name)) return;
            if (anyInForce(config.roles.filter((role) => role.name === name))) return;
            const shown = stack
                .all(`${RBAC}/${kind}`)
                .some(
                    (role) => role.name === name && (kind !== "Role" || role.namespace === subject.namespace),
                );
            const workload = list(subject.props["subjects"]).find(
                (bound) =>
                    textAt(bound, "kind") === "ServiceAccount" ||
                    (textAt(bound, "name") ?? "").startsWith("system:"),
            );
            if (shown || workload === undefined) return;
            yield {
                subject,
                problem: `it binds ${textAt(workload, "name") ?? "a workload"} to the ${kind} ${name}, which is not in this stack`,
                fix: "create the role in this stack, or review its rules and list it under `roles` of this policy.",
            };
        });
    },
});
