/** Applies each change to a stack that passes, and evaluates every policy again. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { message } from "../../../policy/core/message";
import {
    type Violation,
    isStackRule,
    type ObjectRule,
    type PolicyDefinition,
    type StackRule,
} from "../../../policy/core/rule";
import { evaluateResource, evaluateStack } from "../../../policy/core/sdk";
import { type EngineResource, Subject } from "../../../policy/core/subject";
import { StackResources } from "../../../policy/core/stack-resources";
import { RULES } from "../../../policy/rules";
import { configOf } from "../support/stacks";
import { type Mutation } from "./model";
import { Reading } from "./reading";

export interface Outcome {
    readonly mutation: Mutation;
    /** Messages of the policies that reject it. */
    readonly messages: readonly string[];
    /** Policies with a message that names the object, or what the change exposes. */
    readonly policies: readonly string[];
}

export interface Score {
    readonly kind: string;
    readonly changes: number;
    readonly killed: number;
    readonly policies: readonly string[];
}

/**
 * The violations of the stack with one change: object rules evaluate new resources; stack rules evaluate the stack, unless they
 * read no changed resource.
 */
export function outcomeOf(
    mutation: Mutation,
    stack: readonly EvaluatedResource[],
    config: Record<string, unknown>,
): Outcome {
    return evaluateMutation(mutation, stack, config, (rule, changed) => {
        const reading = patternsOf(rule, stack, config);
        return reading.concerns(changed) ? undefined : reading.findings;
    });
}

/** The same, with every stack rule evaluated again. */
export function outcomeInFull(
    mutation: Mutation,
    stack: readonly EvaluatedResource[],
    config: Record<string, unknown>,
): Outcome {
    return evaluateMutation(mutation, stack, config, () => undefined);
}

/** @param known returns a rule's violations if they do not depend on the changed resources, else undefined */
function evaluateMutation(
    mutation: Mutation,
    stack: readonly EvaluatedResource[],
    config: Record<string, unknown>,
    known: (rule: StackRule<never>, changed: readonly Subject[]) => readonly Violation[] | undefined,
): Outcome {
    const { replace, add = [] } = mutation;
    const fresh = [...replace.values(), ...add].filter((resource) => resource !== undefined);
    const changed = [...stack.filter(({ urn }) => replace.has(urn)), ...fresh].map(subjectOf);
    const after = stack.flatMap((resource) => {
        if (!replace.has(resource.urn)) return [subjectOf(resource)];
        const replaced = replace.get(resource.urn);
        return replaced === undefined ? [] : [subjectOf(replaced)];
    });
    const world = new StackResources([...after, ...add.map(subjectOf)]);
    const violations = RULES.flatMap((rule) => {
        const ruleConfig = configOf(rule, config);
        const findings = isStackRule(rule)
            ? (known(rule, changed) ?? [...evaluateStack(rule, world, ruleConfig)])
            : fresh
                  .map(inputsOf)
                  .flatMap((resource) => [
                      ...evaluateResource(rule as unknown as ObjectRule, resource, ruleConfig),
                  ]);
        return violationsOf(rule, findings);
    });
    const names = ({ text }: { text: string }): boolean => mutation.names.some((name) => text.includes(name));
    return {
        mutation,
        messages: violations.map(({ text }) => text),
        policies: [...new Set(violations.filter(names).map(({ policy }) => policy))].sort(),
    };
}

/** Values unknown in a preview cause no violation. */
function violationsOf(
    rule: PolicyDefinition,
    findings: readonly Violation[],
): { policy: string; text: string }[] {
    const refusals = findings.filter(({ unknown }) => unknown !== true);
    return refusals.map((finding) => ({ policy: rule.name, text: message(rule, finding) }));
}

const readings = new WeakMap<readonly EvaluatedResource[], Map<string, Reading>>();

/** A rule's reading of the unchanged stack. */
function patternsOf(
    rule: StackRule<never>,
    stack: readonly EvaluatedResource[],
    config: Record<string, unknown>,
): Reading {
    const ruleConfig = configOf(rule, config);
    const ofStack = readings.get(stack) ?? new Map<string, Reading>();
    readings.set(stack, ofStack);
    const key = `${rule.name} ${JSON.stringify(ruleConfig)}`;
    const reading = ofStack.get(key) ?? new Reading(rule, stack.map(subjectOf), ruleConfig);
    ofStack.set(key, reading);
    return reading;
}

const subjects = new WeakMap<EvaluatedResource, Subject>();

/** Subjects are created once for resources that the changes do not touch. */
function subjectOf(resource: EvaluatedResource): Subject {
    const known = subjects.get(resource);
    if (known !== undefined) return known;
    const { urn, type, name, properties, outputs } = resource;
    const subject = new Subject({ urn, type, name, props: { ...properties, ...outputs } });
    subjects.set(resource, subject);
    return subject;
}

/** The resource as a policy receives it before it is created: with its inputs only. */
function inputsOf({ urn, type, name, properties }: EvaluatedResource): EngineResource {
    return { urn, type, name, props: properties };
}

export function isKilled({ policies }: Outcome): boolean {
    return policies.length > 0;
}

/**
 * How many changes each policy kills alone: without it, they would survive. For a policy with 0, the score would be the same
 * without it.
 */
export function killedAlone(outcomes: readonly Outcome[]): ReadonlyMap<string, number> {
    // test/policy/closed tests the profile `closed`, which rejects almost every change.
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
            killed: group.filter(isKilled).length,
            policies: [...new Set(group.flatMap(({ policies }) => policies))].sort(),
        }))
        .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}
