import { Kept } from "../world/kept";
import type { Of, World } from "../world/world";
import { isAbout } from "./match";
import { type Step, type Workload, key, nameOf } from "./model";
import { type Arrival, type Home, type Match, knowsCaller, matchRule } from "./rule";

type Policy = Of<"AuthorizationPolicy">;

const DRY_RUN = "istio.io/dry-run";

/** What Go's `strconv.ParseBool` takes for true, by which istiod reads the annotation; whatever it does not know is no dry run. */
const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

function isDryRun({ metadata }: Policy): boolean {
    return TRUE.has(metadata.annotations?.[DRY_RUN] ?? "");
}

const policies = new Kept<readonly Policy[]>();

/**
 * What the proxy of `workload` says to an arrival: CUSTOM policies first, whose answer is not known here, then DENY,
 * then ALLOW, of which one must match where there is any.
 */
export function authorize(world: World, workload: Workload, arrival: Arrival): Step {
    const applying = policies.of(world, workload, "", () =>
        world.of("AuthorizationPolicy").filter((policy) => applies(policy, workload)),
    );
    const enforced = applying.filter((policy) => !isDryRun(policy));
    const notes = applying
        .filter((policy) => !enforced.includes(policy))
        .map((policy) => `${key(policy)} is in dry run and decides nothing`);
    const of = (action: string) => enforced.filter(({ spec }) => (spec.action ?? "ALLOW") === action);
    const step = (rest: Pick<Step, "verdict" | "objects" | "text"> & { conditions?: string[] }): Step => ({
        layer: "AuthorizationPolicy",
        at: nameOf(workload),
        ...rest,
        conditions: [...(rest.conditions ?? []), ...notes],
    });

    const asked = of("CUSTOM").filter(
        (policy) => matchOf(policy, world, arrival, "ignored").matches !== false,
    );
    const denying = of("DENY").map((policy) => ({
        policy,
        ...matchOf(policy, world, arrival, "ignored"),
    }));
    const [denied] = denying.filter(({ matches }) => matches === true);
    if (denied !== undefined)
        return step({ verdict: "denies", objects: [key(denied.policy)], text: "a DENY policy matches" });
    const conditions = [
        ...asked.map(
            (policy) => `${key(policy)} asks ${policy.spec.provider?.name ?? "a provider"}, which must agree`,
        ),
        ...denying
            .filter(({ matches }) => matches === "depends")
            .map(({ policy, conditions: when }) => `${key(policy)} denies if ${when.join(", or ")}`),
    ];
    return step(allow(of("ALLOW"), world, arrival, conditions));
}

function allow(policies: readonly Policy[], world: World, arrival: Arrival, conditions: string[]) {
    if (policies.length === 0) {
        return {
            verdict: "not there" as const,
            objects: [],
            text: "no ALLOW policy applies: all may ask",
            conditions,
        };
    }
    const matching = policies.map((policy) => ({ policy, ...matchOf(policy, world, arrival, "never") }));
    const matched = matching.filter(({ matches }) => matches === true);
    const depends = matching.filter(({ matches }) => matches === "depends");
    const [chosen] = matched.length > 0 ? [matched] : [depends];
    if (chosen.length > 0) {
        return {
            verdict: "passes" as const,
            objects: chosen.map(({ policy }) => key(policy)),
            text: "an ALLOW policy matches",
            conditions: [
                ...(matched.length > 0
                    ? []
                    : depends.map(
                          ({ policy, conditions: when }) => `${key(policy)} allows if ${when.join(", or ")}`,
                      )),
                ...conditions,
            ],
        };
    }
    const near = policies.filter(({ metadata, spec }) =>
        (spec.rules ?? []).some((rule) => knowsCaller(rule, arrival, homeOf(metadata, world))),
    );
    const objects = near.length > 0 ? near : policies.filter(({ spec }) => (spec.rules ?? []).length === 0);
    return {
        verdict: "denies" as const,
        objects: objects.map(key),
        text:
            near.length > 0
                ? "an ALLOW policy knows the caller, but not for this"
                : `none of the ${policies.length} ALLOW policies that apply knows ${arrival.principal ?? "a caller without an identity"}`,
        conditions,
    };
}

/** An empty selector selects the whole namespace; in the root namespace, the mesh. A target is a waypoint's matter. */
function applies({ metadata, spec }: Policy, workload: Workload): boolean {
    if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return false;
    return isAbout(metadata.namespace, spec.selector?.matchLabels, workload);
}

function homeOf({ namespace }: Policy["metadata"], { trustDomain }: World): Home {
    return { trustDomain, namespace };
}

function matchOf(
    { metadata, spec }: Policy,
    world: World,
    arrival: Arrival,
    tcp: "never" | "ignored",
): Match {
    const home = homeOf(metadata, world);
    const matches = (spec.rules ?? []).map((rule) => matchRule(rule, arrival, home, tcp));
    const certain = matches.find((one) => one.matches === true);
    if (certain !== undefined) return certain;
    const conditions = matches.filter((one) => one.matches === "depends").flatMap((one) => one.conditions);
    return { matches: conditions.length > 0 ? "depends" : false, conditions };
}
