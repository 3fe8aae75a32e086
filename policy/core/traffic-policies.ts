import { at, type Fields, fields, list } from "./read";

/** Every traffic policy of a DestinationRule, or of a Canary's `service` at `base`, with its path. */
export function trafficPolicies(spec: Fields, base = "spec"): readonly (readonly [string, Fields])[] {
    const roots: (readonly [string, Fields])[] = [[`${base}.trafficPolicy`, fields(spec["trafficPolicy"])]];
    list(spec["subsets"]).forEach((subset, index) => {
        roots.push([`spec.subsets[${index}].trafficPolicy`, fields(at(subset, "trafficPolicy"))]);
    });
    return roots.flatMap(([path, policy]) => [
        [path, policy] as const,
        ...list(policy["portLevelSettings"]).map(
            (port, index) => [`${path}.portLevelSettings[${index}]`, fields(port)] as const,
        ),
    ]);
}
