/**
 * Evaluates Kubernetes RBAC objects as the API server's authorizer does
 * (kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go), without the program's code.
 */
interface Metadata {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
}

interface Rule {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
}

/** A Role, ClusterRole or binding; objects of other kinds are ignored. */
export interface RbacObject {
    readonly kind: string;
    readonly metadata: Metadata;
    readonly rules?: readonly Rule[] | null;
    readonly aggregationRule?: unknown;
    readonly roleRef?: { readonly kind: string; readonly name: string };
    readonly subjects?: readonly {
        readonly kind: string;
        readonly name: string;
        readonly namespace?: string;
    }[];
}

export type Subject =
    | { readonly kind: "Group"; readonly name: string }
    | { readonly kind: "ServiceAccount"; readonly name: string; readonly namespace: string };

/** A verb on a resource (`pods/exec`) of an API group; without a name, on any object, as in a list. */
export interface ResourceAttributes {
    readonly verb: string;
    readonly group: string;
    readonly resource: string;
    readonly name?: string;
    /** @default the whole cluster */
    readonly namespace?: string;
}

export function isAuthorized(
    objects: readonly RbacObject[],
    subject: Subject,
    attempt: ResourceAttributes,
): boolean {
    return objects
        .filter(
            ({ kind, metadata }) =>
                kind === "ClusterRoleBinding" ||
                (kind === "RoleBinding" && metadata.namespace === attempt.namespace),
        )
        .filter(({ subjects = [], metadata }) => subjects.some((one) => isSubject(one, subject, metadata)))
        .flatMap((binding) => rulesOf(objects, binding))
        .some((rule) => allows(rule, attempt));
}

function isSubject(
    bound: NonNullable<RbacObject["subjects"]>[number],
    subject: Subject,
    { namespace }: Metadata,
): boolean {
    if (bound.kind === "Group") {
        const groups = subject.kind === "Group" ? [subject.name] : groupsOf(subject);
        return groups.includes(bound.name) || bound.name === "system:authenticated";
    }
    if (subject.kind === "Group") return false;
    if (bound.kind === "ServiceAccount")
        return bound.name === subject.name && (bound.namespace ?? namespace) === subject.namespace;
    return bound.name === `system:serviceaccount:${subject.namespace}:${subject.name}`;
}

function groupsOf({ namespace }: Extract<Subject, { kind: "ServiceAccount" }>): string[] {
    return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

function rulesOf(objects: readonly RbacObject[], { roleRef, metadata }: RbacObject): readonly Rule[] {
    const role = objects.find(
        (one) =>
            one.kind === roleRef?.kind &&
            one.metadata.name === roleRef.name &&
            (one.kind === "ClusterRole" || one.metadata.namespace === metadata.namespace),
    );
    if (role?.aggregationRule !== undefined)
        throw new Error(
            `${role.metadata.name} is an aggregated ClusterRole, which this evaluator does not support`,
        );
    return role?.rules ?? [];
}

function allows(rule: Rule, { verb, group, resource, name }: ResourceAttributes): boolean {
    const has = (list: readonly string[] | undefined, one: string): boolean =>
        (list ?? []).some((other) => other === "*" || other === one);
    const [, subresource] = resource.split("/");
    const isResource =
        has(rule.resources, resource) ||
        (subresource !== undefined && (rule.resources ?? []).includes(`*/${subresource}`));
    const names = rule.resourceNames ?? [];
    const isName = names.length === 0 || (name !== undefined && names.includes(name));
    return has(rule.verbs, verb) && has(rule.apiGroups, group) && isResource && isName;
}
