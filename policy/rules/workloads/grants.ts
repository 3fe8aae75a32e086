/**
 * A permission in a Role that allows changes to the mesh, determined by group, resource and verb, including
 * wildcards.
 */
import { at, texts } from "../../core/read";
import { type DangerousPermission, DANGEROUS_PERMISSIONS, type Scope } from "./dangerous-permissions";

export interface DangerousGrant {
    /** `group/resource`, as in exceptions; the core API group is `core`. */
    readonly resource: string;
    /** What a subject with the permission can do. */
    readonly effect: string;
}

/** Dangerous permissions in one rule of a role. */
export function grantsOf(rule: unknown, scope: Scope): readonly DangerousGrant[] {
    const groups = texts(at(rule, "apiGroups"));
    const resources = texts(at(rule, "resources"));
    const verbs = texts(at(rule, "verbs"));
    const names = texts(at(rule, "resourceNames"));
    return DANGEROUS_PERMISSIONS.flatMap((permission) => {
        const { scopes, harmless, effect } = permission;
        if (scopes?.includes(scope) === false) return [];
        if (!verbs.some((verb) => verb === "*" || permission.verbs.includes(verb))) return [];
        if (names.length > 0 && harmless?.(names, scope) === true) return [];
        return groups
            .filter((group) => group === "*" || permission.groups.some((one) => isGroup(one, group)))
            .flatMap((group) =>
                matchingResources(permission, resources).map(
                    (resource) => `${group === "" ? "core" : group}/${resource}`,
                ),
            )
            .map((resource) => ({ resource, effect }));
    });
}

function isGroup(pattern: string | RegExp, group: string): boolean {
    return typeof pattern === "string" ? pattern === group : pattern.test(group);
}

/** The dangerous resources that a rule matches; the rule's patterns if the whole group is dangerous. */
function matchingResources(
    { resources }: DangerousPermission,
    patterns: readonly string[],
): readonly string[] {
    // Write access to a status has no effect.
    if (resources === undefined) return patterns.filter((pattern) => !/\/(status|finalizers)$/.test(pattern));
    return resources.filter((resource) => patterns.some((pattern) => matchesResource(pattern, resource)));
}

/**
 * Matches like the API server (`*`, `*` + `/scale`), and also `pods/*`, which authors use although the API
 * server does not match it.
 */
function matchesResource(pattern: string, resource: string): boolean {
    if (pattern === "*" || pattern === resource) return true;
    if (pattern.startsWith("*/")) return resource.endsWith(pattern.slice(1));
    return pattern.endsWith("/*") && resource.startsWith(pattern.slice(0, -1));
}
