/** What the pack says of each change that an oracle calls an opening. */
import { type JudgedResource } from "../../../cli/policy/protocol";
import { type Mutation } from "../mutations/model";
import { outcomeOf } from "../mutations/score";
import { type Change } from "./generator";
import { type Judgement, type Oracle } from "./oracle/index";

export interface Outcome {
    readonly change: Change;
    readonly judgement: Judgement;
    /** Policies that refuse it, with each profile; only of openings. */
    readonly closed: readonly string[];
    readonly open: readonly string[];
    /** Set where the oracle cannot read what the change makes. */
    readonly failed?: string;
}

export interface Profiles {
    readonly closed: Record<string, unknown>;
    readonly open: Record<string, unknown>;
}

/** A stack's configuration without its baseline: the profile that other teams have. */
export function profilesOf(config: Record<string, unknown>): Profiles {
    const open = Object.fromEntries(
        Object.entries(config).filter(([policy]) => !policy.startsWith("closed-")),
    );
    return { closed: config, open };
}

export function outcome(
    change: Change,
    stack: readonly JudgedResource[],
    oracle: Oracle,
    profiles: Profiles,
): Outcome {
    const none = { change, closed: [], open: [] };
    let judgement: Judgement;
    try {
        judgement = oracle.judge(change);
    } catch (error) {
        return { ...none, judgement: { verdict: "unknown" }, failed: String(error) };
    }
    if (judgement.verdict === "unknown" || judgement.verdict === "closed") return { ...none, judgement };
    const open = refusing(change, stack, profiles.open);
    // The closed profile has every policy of the open one.
    const closed = open.length > 0 ? open : refusing(change, stack, profiles.closed);
    return { change, judgement, closed, open };
}

function refusing(
    { kind, before, after }: Change,
    stack: readonly JudgedResource[],
    config: Record<string, unknown>,
): readonly string[] {
    const mutation: Mutation = { kind, target: "", names: [""], replace: new Map([[before.urn, after]]) };
    return outcomeOf(mutation, stack, config).policies;
}

export interface Row {
    readonly kind: string;
    readonly tried: number;
    /** What no oracle reads. */
    readonly unknown: number;
    /** Somebody gets what he did not get, or by less; with `layer`, one of several layers is gone. */
    readonly opening: number;
    readonly layer: number;
    readonly closed: number;
    readonly open: number;
    readonly layerClosed: number;
    readonly layerOpen: number;
}

export function rowsOf(outcomes: readonly Outcome[]): readonly Row[] {
    const kinds = [...new Set(outcomes.map(({ change }) => change.kind))].sort();
    return [...kinds, "all"].map((kind) => {
        const own = outcomes.filter(({ change }) => kind === "all" || change.kind === kind);
        const opening = own.filter(isOpening);
        const layer = own.filter(({ judgement }) => judgement.verdict === "layer");
        const refused = (some: readonly Outcome[], profile: keyof Profiles): number =>
            some.filter((one) => one[profile].length > 0).length;
        return {
            kind,
            tried: own.length,
            unknown: own.filter(({ judgement }) => judgement.verdict === "unknown").length,
            opening: opening.length,
            layer: layer.length,
            closed: refused(opening, "closed"),
            open: refused(opening, "open"),
            layerClosed: refused(layer, "closed"),
            layerOpen: refused(layer, "open"),
        };
    });
}

export function isOpening({ judgement: { verdict } }: Outcome): boolean {
    return verdict === "reaches" || verdict === "weaker";
}
