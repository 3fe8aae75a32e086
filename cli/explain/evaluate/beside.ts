/** What stands at a proxy beside the policies: whose tokens it reads, and patches of Envoy that are not judged here. */
import { Kept } from "../world/kept";
import type { Of, World } from "../world/world";
import { isAbout } from "./match";
import { isJudged } from "./refused-paths";
import { isTenantContext, toleratesWrongTokens } from "./tenant-context";
import { type Step, type Workload, key, nameOf } from "./model";

const steps = new Kept<readonly Step[]>();

/** None where no token is read: then no policy can ask for one. */
export function tokens(world: World, workload: Workload): readonly Step[] {
    return steps.of(world, workload, "tokens", () => tokensOf(world, workload));
}

function tokensOf(world: World, workload: Workload): Step[] {
    const read = world
        .of("RequestAuthentication")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.selector?.matchLabels, workload));
    const issuers = read.flatMap(({ spec }) => (spec.jwtRules ?? []).map(({ issuer }) => issuer ?? "?"));
    if (issuers.length === 0) return [];
    return [
        {
            layer: "RequestAuthentication",
            at: nameOf(workload),
            verdict: "passes",
            objects: read.map(key),
            text: `reads tokens of ${issuers.join(", ")}; ${
                toleratesWrongTokens(world, workload)
                    ? "a wrong one counts for none"
                    : "with a wrong one the answer is 401"
            }`,
            conditions: [],
        },
    ];
}

/** What a filter does is in Envoy's own configuration, which is not evaluated: it may limit, or refuse. */
export function filters(world: World, workload: Workload): readonly Step[] {
    return steps.of(world, workload, "filters", () => filtersOf(world, workload));
}

function filtersOf(world: World, workload: Workload): Step[] {
    const found = world
        .of("EnvoyFilter")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.workloadSelector?.labels, workload))
        .filter((filter) => !isJudged(filter) && !isTenantContext(filter) && isFor(filter, workload));
    if (found.length === 0) return [];
    return [
        {
            layer: "EnvoyFilter",
            at: nameOf(workload),
            verdict: "passes",
            objects: found.map(key),
            text: "patches Envoy, which is not judged here",
            conditions: [`${found.length === 1 ? "it does" : "they do"} not refuse or limit it`],
        },
    ];
}

/** A gateway's proxy takes no patch of sidecars, and a sidecar none of gateways. */
function isFor({ spec }: Of<"EnvoyFilter">, { gateway }: Workload): boolean {
    return (spec.configPatches ?? []).some(({ match }) => {
        const context = match?.context ?? "ANY";
        return context === "ANY" || (context === "GATEWAY") === (gateway === true);
    });
}
