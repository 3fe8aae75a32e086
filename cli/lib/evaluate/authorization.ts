import { Memo } from "../snapshot/memo";
import type { ManifestOf, MeshSnapshot } from "../snapshot/snapshot";
import { isAbout } from "./match";
import { type LayerResult, type Workload, key, nameOf } from "./model";
import { type InboundRequest, type PolicyContext, type Match, matchesCaller, matchRule } from "./rule";

type Policy = ManifestOf<"AuthorizationPolicy">;

const DRY_RUN = "istio.io/dry-run";

/**
 * The values that Go's `strconv.ParseBool` parses as true: istiod parses the annotation with it, and ignores invalid
 * values.
 */
const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

function isDryRun({ metadata }: Policy): boolean {
    return TRUE.has(metadata.annotations?.[DRY_RUN] ?? "");
}

const policies = new Memo<readonly Policy[]>();

/**
 * Evaluates the AuthorizationPolicies of `workload`: CUSTOM first, whose result is unknown here, then DENY, then ALLOW,
 * of which one must match if there are any.
 */
export function authorize(snapshot: MeshSnapshot, workload: Workload, inbound: InboundRequest): LayerResult {
    const applying = policies.of(snapshot, workload, "", () =>
        snapshot.of("AuthorizationPolicy").filter((policy) => applies(policy, workload)),
    );
    const enforced = applying.filter((policy) => !isDryRun(policy));
    const notes = applying
        .filter((policy) => !enforced.includes(policy))
        .map((policy) => `${key(policy)} is in dry-run mode and not enforced`);
    const of = (action: string) => enforced.filter(({ spec }) => (spec.action ?? "ALLOW") === action);
    const step = (
        rest: Pick<LayerResult, "verdict" | "objects" | "text"> & { conditions?: string[] },
    ): LayerResult => ({
        layer: "AuthorizationPolicy",
        at: nameOf(workload),
        ...rest,
        conditions: [...(rest.conditions ?? []), ...notes],
    });

    const delegating = of("CUSTOM").filter(
        (policy) => matchOf(policy, snapshot, inbound, "ignored").matches !== false,
    );
    const denying = of("DENY").map((policy) => ({
        policy,
        ...matchOf(policy, snapshot, inbound, "ignored"),
    }));
    const [denied] = denying.filter(({ matches }) => matches === true);
    if (denied !== undefined)
        return step({ verdict: "denied", objects: [key(denied.policy)], text: "a DENY policy matches" });
    const conditions = [
        ...delegating.map(
            (policy) =>
                `${key(policy)} delegates to ${policy.spec.provider?.name ?? "an external authorizer"}, which must allow it`,
        ),
        ...denying
            .filter(({ matches }) => matches === "depends")
            .map(({ policy, conditions: when }) => `${key(policy)} denies if ${when.join(", or ")}`),
    ];
    return step(allow(of("ALLOW"), snapshot, inbound, conditions));
}

function allow(
    policies: readonly Policy[],
    snapshot: MeshSnapshot,
    inbound: InboundRequest,
    conditions: string[],
) {
    if (policies.length === 0) {
        return {
            verdict: "not-configured" as const,
            objects: [],
            text: "no ALLOW policy applies: every caller is allowed",
            conditions,
        };
    }
    const matching = policies.map((policy) => ({ policy, ...matchOf(policy, snapshot, inbound, "never") }));
    const matched = matching.filter(({ matches }) => matches === true);
    const depends = matching.filter(({ matches }) => matches === "depends");
    const [chosen] = matched.length > 0 ? [matched] : [depends];
    if (chosen.length > 0) {
        return {
            verdict: "allowed" as const,
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
        (spec.rules ?? []).some((rule) => matchesCaller(rule, inbound, contextOf(metadata, snapshot))),
    );
    const objects = near.length > 0 ? near : policies.filter(({ spec }) => (spec.rules ?? []).length === 0);
    return {
        verdict: "denied" as const,
        objects: objects.map(key),
        text:
            near.length > 0
                ? "an ALLOW policy matches the caller, but not the request"
                : `none of the applicable ALLOW policies (${policies.length}) matches ${inbound.principal ?? "a caller without an identity"}`,
        conditions,
    };
}

/**
 * An empty selector selects the namespace, or the mesh in the root namespace. Policies with targetRefs apply to
 * waypoints only.
 */
function applies({ metadata, spec }: Policy, workload: Workload): boolean {
    if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return false;
    return isAbout(metadata.namespace, spec.selector?.matchLabels, workload);
}

function contextOf({ namespace }: Policy["metadata"], { trustDomain }: MeshSnapshot): PolicyContext {
    return { trustDomain, namespace };
}

function matchOf(
    { metadata, spec }: Policy,
    snapshot: MeshSnapshot,
    inbound: InboundRequest,
    tcp: "never" | "ignored",
): Match {
    const context = contextOf(metadata, snapshot);
    const matches = (spec.rules ?? []).map((rule) => matchRule(rule, inbound, context, tcp));
    const certain = matches.find((one) => one.matches === true);
    if (certain !== undefined) return certain;
    const conditions = matches.filter((one) => one.matches === "depends").flatMap((one) => one.conditions);
    return { matches: conditions.length > 0 ? "depends" : false, conditions };
}
