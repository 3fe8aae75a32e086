import type { Manifest } from "./manifest";

/** Whether `rule` is the DestinationRule with the subsets that `route` may name: the two have the same name. */
export function definesSubsetsFor(rule: Manifest, route: Manifest): boolean {
    return (
        route.kind === "VirtualService" &&
        rule.kind === "DestinationRule" &&
        rule.metadata.namespace === route.metadata.namespace &&
        rule.metadata.name === route.metadata.name
    );
}
