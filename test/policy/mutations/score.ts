/** Applies each change to a stack that passes, and asks every policy again. */
import { type JudgedResource } from "../../../cli/policy/protocol";
import { message } from "../../../policy/core/message";
import {
    type Finding,
    isStackRule,
    type ObjectRule,
    type Rule,
    type StackRule,
} from "../../../policy/core/rule";
import { judgeResource, judgeWorld } from "../../../policy/core/sdk";
import { type EngineResource, Subject } from "../../../policy/core/subject";
import { World } from "../../../policy/core/world";
import { RULES } from "../../../policy/rules";
import { configOf } from "../support/stacks";
import { type Mutation } from "./model";
import { Reading } from "./reading";

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

/**
 * What every policy says of the stack with one change: object rules of what is new, and stack rules of all of it, unless they
 * read nothing of what changed.
 */
export function outcomeOf(
    mutation: Mutation,
    stack: readonly JudgedResource[],
    config: Record<string, unknown>,
): Outcome {
    return judged(mutation, stack, config, (rule, changed) => {
        const reading = readingOf(rule, stack, config);
        return reading.concerns(changed) ? undefined : reading.findings;
    });
}

/** The same, with every stack rule judging again. */
export function outcomeInFull(
    mutation: Mutation,
    stack: readonly JudgedResource[],
    config: Record<string, unknown>,
): Outcome {
    return judged(mutation, stack, config, () => undefined);
}

/** @param known what a rule finds whatever the changed resources are; undefined where it must judge */
function judged(
    mutation: Mutation,
    stack: readonly JudgedResource[],
    config: Record<string, unknown>,
    known: (rule: StackRule<never>, changed: readonly Subject[]) => readonly Finding[] | undefined,
): Outcome {
    const { replace, add = [] } = mutation;
    const fresh = [...replace.values(), ...add].filter((resource) => resource !== undefined);
    const changed = [...stack.filter(({ urn }) => replace.has(urn)), ...fresh].map(subjectOf);
    const after = stack.flatMap((resource) => {
        if (!replace.has(resource.urn)) return [subjectOf(resource)];
        const replaced = replace.get(resource.urn);
        return replaced === undefined ? [] : [subjectOf(replaced)];
    });
    const world = new World([...after, ...add.map(subjectOf)]);
    const found = RULES.flatMap((rule) => {
        const own = configOf(rule, config);
        const findings = isStackRule(rule)
            ? (known(rule, changed) ?? [...judgeWorld(rule, world, own)])
            : fresh
                  .map(inputsOf)
                  .flatMap((resource) => [...judgeResource(rule as unknown as ObjectRule, resource, own)]);
        return refusalsOf(rule, findings);
    });
    const names = ({ text }: { text: string }): boolean => mutation.names.some((name) => text.includes(name));
    return {
        mutation,
        messages: found.map(({ text }) => text),
        policies: [...new Set(found.filter(names).map(({ policy }) => policy))].sort(),
    };
}

/** What a preview leaves to the update refuses nothing. */
function refusalsOf(rule: Rule, findings: readonly Finding[]): { policy: string; text: string }[] {
    const refusals = findings.filter(({ unknown }) => unknown !== true);
    return refusals.map((finding) => ({ policy: rule.name, text: message(rule, finding) }));
}

const readings = new WeakMap<readonly JudgedResource[], Map<string, Reading>>();

/** Of the stack as it is. */
function readingOf(
    rule: StackRule<never>,
    stack: readonly JudgedResource[],
    config: Record<string, unknown>,
): Reading {
    const own = configOf(rule, config);
    const ofStack = readings.get(stack) ?? new Map<string, Reading>();
    readings.set(stack, ofStack);
    const key = `${rule.name} ${JSON.stringify(own)}`;
    const reading = ofStack.get(key) ?? new Reading(rule, stack.map(subjectOf), own);
    ofStack.set(key, reading);
    return reading;
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
