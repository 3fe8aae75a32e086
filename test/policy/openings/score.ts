/** Evaluates the pack on each change that an oracle classifies as an opening. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { type Mutation } from "../mutations/model";
import { outcomeOf } from "../mutations/score";
import { type Change } from "./generator";
import { type OracleVerdict, type Oracle } from "./oracle/index";

export interface Outcome {
    readonly change: Change;
    readonly judgement: OracleVerdict;
    /** Policies that reject it, with each profile; only for openings. */
    readonly closed: readonly string[];
    readonly open: readonly string[];
    /** Set if the oracle cannot read the changed object. */
    readonly failed?: string;
}

export interface Profiles {
    readonly closed: Record<string, unknown>;
    readonly open: Record<string, unknown>;
}

/** The profile open, which other teams use: a stack's configuration without its baseline. */
export function profilesOf(config: Record<string, unknown>): Profiles {
    const open = Object.fromEntries(
        Object.entries(config).filter(([policy]) => !policy.startsWith("closed-")),
    );
    return { closed: config, open };
}

export function outcome(
    change: Change,
    stack: readonly EvaluatedResource[],
    oracle: Oracle,
    profiles: Profiles,
): Outcome {
    const noOpening = { change, closed: [], open: [] };
    let judgement: OracleVerdict;
    try {
        judgement = oracle.evaluate(change);
    } catch (error) {
        return { ...noOpening, judgement: { verdict: "unknown" }, failed: String(error) };
    }
    if (judgement.verdict === "unknown" || judgement.verdict === "closed") return { ...noOpening, judgement };
    const open = violatedPolicies(change, stack, profiles.open);
    // The closed profile contains every policy of the open one.
    const closed = open.length > 0 ? open : violatedPolicies(change, stack, profiles.closed);
    return { change, judgement, closed, open };
}

function violatedPolicies(
    { kind, before, after }: Change,
    stack: readonly EvaluatedResource[],
    config: Record<string, unknown>,
): readonly string[] {
    const mutation: Mutation = { kind, target: "", names: [""], replace: new Map([[before.urn, after]]) };
    return outcomeOf(mutation, stack, config).policies;
}

export interface Row {
    readonly kind: string;
    readonly tried: number;
    /** Changes that no oracle supports. */
    readonly unknown: number;
    /** Access that was denied before, or with weaker conditions; `layer`: one of several layers no longer denies. */
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
        const group = outcomes.filter(({ change }) => kind === "all" || change.kind === kind);
        const opening = group.filter(isOpening);
        const layer = group.filter(({ judgement }) => judgement.verdict === "layer");
        const rejected = (some: readonly Outcome[], profile: keyof Profiles): number =>
            some.filter((one) => one[profile].length > 0).length;
        return {
            kind,
            tried: group.length,
            unknown: group.filter(({ judgement }) => judgement.verdict === "unknown").length,
            opening: opening.length,
            layer: layer.length,
            closed: rejected(opening, "closed"),
            open: rejected(opening, "open"),
            layerClosed: rejected(layer, "closed"),
            layerOpen: rejected(layer, "open"),
        };
    });
}

export function isOpening({ judgement: { verdict } }: Outcome): boolean {
    return verdict === "reaches" || verdict === "weaker";
}
