import {
    EXCEPTION_FIELDS,
    EXCEPTIONS_SCHEMA,
    type Exception,
    holds,
    isExcepted,
    NO_EXCEPTIONS,
} from "../../core/exceptions";
import { list, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { MASTERS } from "./grants";

interface KnownRole extends Pick<Exception, "reason" | "until"> {
    readonly name: string;
}

interface Config {
    readonly exceptions: readonly Exception[];
    readonly roles: readonly KnownRole[];
}

const RBAC = "rbac.authorization.k8s.io";

/** What every cluster has, besides `system:…`: `workloads-rights` judges who gets those. */
const KUBERNETES_OWN: ReadonlySet<string> = new Set([
    ...MASTERS,
    "view",
    "extension-apiserver-authentication-reader",
]);

export const knownRoles = stackRule<Config>({
    name: "workloads-known-roles",
    area: "workloads",
    title: "Workloads are bound to roles that this stack shows",
    severity: "high",
    why: "a role of a chart or of another program may read every Secret, as istiod's does, and no policy has read it",
    remedy: "Create the Role with the verbs and resources that are needed in the stack that binds it.",
    judges: [`${RBAC}/ClusterRoleBinding`, `${RBAC}/RoleBinding`, `${RBAC}/ClusterRole`, `${RBAC}/Role`],
    defaults: { ...NO_EXCEPTIONS, roles: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        roles: {
            type: "array",
            description: "roles that are made elsewhere, and whose rules somebody has read",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["name", "reason", "until"],
                properties: { name: { type: "string" }, ...EXCEPTION_FIELDS },
            },
        },
    },
    examples: {
        refused: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: carts }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: istiod-clusterrole-istio-system }
subjects: [{ kind: ServiceAccount, name: carts, namespace: shop }]
`,
        accepted: `
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
    *judgeStack(world, config) {
        yield* each(world.all(`${RBAC}/ClusterRoleBinding`, `${RBAC}/RoleBinding`), function* (subject) {
            if (isExcepted(config, subject)) return;
            const kind = textAt(subject.props, "roleRef", "kind") ?? "ClusterRole";
            const name = textAt(subject.props, "roleRef", "name");
            if (name === undefined || name.startsWith("system:") || KUBERNETES_OWN.has(name)) return;
            if (holds(config.roles.filter((role) => role.name === name))) return;
            const shown = world
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
                wrong: `it gives ${textAt(workload, "name") ?? "a workload"} the ${kind} ${name}, which this stack does not show`,
                fix: "create the role in this stack, or list it under `roles` of this policy once somebody has read its rules.",
            };
        });
    },
});
