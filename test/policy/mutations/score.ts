/** Applies each change to a stack that passes, and asks every policy again. */
import { type JudgedResource } from "../../../cli/policy/protocol";
import { message } from "../../../policy/core/message";
import { isStackRule, type ObjectRule, type Rule } from "../../../policy/core/rule";
import { judgeResource, judgeWorld } from "../../../policy/core/sdk";
import { type EngineResource, Subject } from "../../../policy/core/subject";
import { World } from "../../../policy/core/world";
import { RULES } from "../../../policy/rules";
import { configOf } from "../support/stacks";
import { type Mutation } from "./model";

export interface Outcome {
    readonly mutation: Mutation;
    /** Messages of the policies that refuse it. */
    readonly messages: readonly string[];
    /** Policies of which a message names the object, or what the change leaves open. */
    readonly policies: readonly string[];
}

export interface Score {
    readonly kind: string;
    readonly changes: number;
    readonly refused: number;
    readonly policies: readonly string[];
}

/** What every policy says of the stack with one change: object rules of what is new, stack rules of all of it. */
export function outcomeOf(
    mutation: Mutation,
    stack: readonly JudgedResource[],
    config: Record<string, unknown>,
): Outcome {
    const fresh = [...mutation.replace.values(), ...(mutation.add ?? [])].filter(
        (resource) => resource !== undefined,
    );
    const added = (mutation.add ?? []).map(subjectOf);
    const after = stack.flatMap((resource) => {
        if (!mutation.replace.has(resource.urn)) return [subjectOf(resource)];
        const replaced = mutation.replace.get(resource.urn);
        return replaced === undefined ? [] : [subjectOf(replaced)];
    });
    const world = new World([...after, ...added]);
    const names = ({ text }: { text: string }): boolean => mutation.names.some((name) => text.includes(name));
    const found = RULES.flatMap((rule) =>
        findingsOf(rule, world, fresh.map(inputsOf), configOf(rule, config)),
    );
    return {
        mutation,
        messages: found.map(({ text }) => text),
        policies: [...new Set(found.filter(names).map(({ policy }) => policy))].sort(),
    };
}

const subjects = new WeakMap<JudgedResource, Subject>();

/** Made once for what stays the same through all the changes. */
function subjectOf(resource: JudgedResource): Subject {
    const known = subjects.get(resource);
    if (known !== undefined) return known;
    const { urn, type, name, properties, outputs } = resource;
    const subject = new Subject({ urn, type, name, props: { ...properties, ...outputs } });
    subjects.set(resource, subject);
    return subject;
}

/** As a policy on one resource sees it: before it is there, it has nothing but its inputs. */
function inputsOf({ urn, type, name, properties }: JudgedResource): EngineResource {
    return { urn, type, name, props: properties };
}

function findingsOf(
    rule: Rule,
    world: World,
    fresh: readonly EngineResource[],
    config: object,
): { policy: string; text: string }[] {
    const findings = isStackRule(rule)
        ? [...judgeWorld(rule, world, config)]
        : fresh.flatMap((resource) => [...judgeResource(rule as unknown as ObjectRule, resource, config)]);
    // What a preview leaves to the update refuses nothing.
    const refusals = findings.filter(({ unknown }) => unknown !== true);
    return refusals.map((finding) => ({ policy: rule.name, text: message(rule, finding) }));
}

export function isRefused({ policies }: Outcome): boolean {
    return policies.length > 0;
}

/**
 * How many changes each policy refuses alone: without it, they would pass. A policy that has none is not proven by the
 * score, which would be the same without it.
 */
export function refusedAlone(outcomes: readonly Outcome[]): ReadonlyMap<string, number> {
    // The profile `closed` is proven by test/policy/closed: it refuses almost every change, so that it says nothing of the others.
    const proven = RULES.filter(({ area }) => area !== "closed");
    const alone = new Map(proven.map(({ name }) => [name, 0]));
    for (const { policies } of outcomes) {
        const [only, other] = policies;
        if (only !== undefined && other === undefined) alone.set(only, (alone.get(only) ?? 0) + 1);
    }
    return alone;
}

export function scores(outcomes: readonly Outcome[]): readonly Score[] {
    const byKind = new Map<string, Outcome[]>();
    for (const outcome of outcomes) {
        const { kind } = outcome.mutation;
        byKind.set(kind, [...(byKind.get(kind) ?? []), outcome]);
    }
    return [...byKind]
        .map(([kind, group]) => ({
            kind,
            changes: group.length,
            refused: group.filter(isRefused).length,
            policies: [...new Set(group.flatMap(({ policies }) => policies))].sort(),
        }))
        .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}
