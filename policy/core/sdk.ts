/** Converts the rules of the pack to policies of the Pulumi SDK. */
import {
    type Policies,
    type PolicyProviderResource,
    type PolicyResource,
    type ReportViolation,
    type ResourceValidationArgs,
} from "@pulumi/policy";
import { type PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { expiryNoteFor } from "./exceptions";
import { appliesToResource } from "./applies-to";
import { message } from "./message";
import { PerResourceCache } from "./resource-cache";
import { type Fields, lazyCopy } from "./read";
import {
    each,
    type Violation,
    guarded,
    evaluationFailure,
    isStackRule,
    type ObjectRule,
    type PolicyDefinition,
    type StackRule,
} from "./rule";
import { type EngineResource, Subject } from "./subject";
import { StackResources } from "./stack-resources";

type Policy = Policies[number];

export function asPolicy(rule: PolicyDefinition): Policy {
    const { name, title, severity, area, remediation, schema } = rule;
    const described = {
        name,
        description: title,
        enforcementLevel: "mandatory" as const,
        severity,
        tags: [area],
        remediationSteps: remediation,
        configSchema: { properties: schema as Record<string, PolicyConfigJSONSchema> },
    };
    if (isStackRule(rule)) {
        const typedRule = rule as unknown as StackRule;
        return {
            ...described,
            validateStack: (args, report) => {
                reportAll(
                    rule,
                    report,
                    evaluateClusters(typedRule, clustersOf(args.resources), args.getConfig()),
                );
            },
        };
    }
    const typedRule = rule as unknown as ObjectRule;
    return {
        ...described,
        validateResource: (args, report) => {
            reportAll(rule, report, evaluateResource(typedRule, ofResource(args), args.getConfig()));
        },
        ...(typedRule.remediate === undefined
            ? {}
            : { remediateResource: (args) => remediatedInputs(typedRule, args) }),
    };
}

/** Violations of an object rule in one resource. */
export function* evaluateResource(
    rule: ObjectRule,
    resource: EngineResource,
    given: object,
): Iterable<Violation> {
    // Most policies do not apply to most resources.
    if (!appliesToResource(rule.appliesTo, resource)) return;
    const subject = Subject.of(resource);
    const config = { ...rule.defaults, ...given };
    for (const violation of each([subject], () => rule.evaluate(subject, config)))
        yield withExpiryNote(violation, config);
}

/** Violations of a stack rule in all resources together. */
export function* evaluateStack(rule: StackRule, stack: StackResources, given: object): Iterable<Violation> {
    stack.takeErrors();
    const reported = new Set<Subject | undefined>();
    const config = { ...rule.defaults, ...given };
    for (const violation of guarded(undefined, () => rule.evaluateStack(stack, config))) {
        if (violation.unknown === true) reported.add(violation.subject);
        yield withExpiryNote(violation, config);
    }
    for (const [subject, error] of stack.takeErrors()) {
        if (!reported.has(subject)) yield evaluationFailure(subject, error);
    }
}

/** Violations of a stack rule in each cluster. A violation in a resource that the clusters share is reported once. */
export function* evaluateClusters(
    rule: StackRule,
    all: readonly StackResources[],
    given: object,
): Iterable<Violation> {
    const reported = new Set<string>();
    for (const stack of all) {
        for (const violation of evaluateStack(rule, stack, given)) {
            const inCluster =
                all.length === 1
                    ? violation
                    : { ...violation, problem: `${violation.problem}${stack.clusterNote}` };
            const key = `${violation.subject?.urn ?? ""} ${violation.subject === undefined ? inCluster.problem : violation.problem}`;
            if (reported.has(key)) continue;
            reported.add(key);
            yield violation.subject === undefined ? inCluster : violation;
        }
    }
}

/**
 * Adds a note if an exception for the subject has expired: the violation then appears without a change to the
 * stack.
 */
function withExpiryNote(violation: Violation, config: object): Violation {
    const { subject, problem, unknown } = violation;
    if (subject === undefined || unknown === true) return violation;
    const note = expiryNoteFor(config, subject);
    return problem.includes(note) ? violation : { ...violation, problem: `${problem}${note}` };
}

/** `report` also accepts an object with another enforcement level, which is missing in its type. */
type ReportAt = (violation: { message: string; urn?: string; enforcementLevel: "advisory" }) => void;

function reportAll(rule: PolicyDefinition, report: ReportViolation, violations: Iterable<Violation>): void {
    for (const violation of violations) {
        const urn = violation.subject?.urn;
        const text = message(rule, violation);
        if (violation.unknown === undefined) {
            report(text, urn);
            continue;
        }
        // Values that a preview does not know are reported as advisory and do not block it: the update
        // evaluates them.
        const reportAdvisory = report as unknown as ReportAt;
        reportAdvisory({
            message: text,
            enforcementLevel: "advisory",
            ...(urn === undefined ? {} : { urn }),
        });
    }
}

const copies = new PerResourceCache<Fields>();

/**
 * The inputs of each resource by URN. The engine first passes each resource alone, and then all resources of
 * the stack with their outputs. Outputs are empty if the provider could not be configured yet, as for objects
 * of a cluster that the update will create. Empty outputs do not mean that the fields are absent.
 */
const inputsByUrn = new Map<string, Fields>();
const clusters = new PerResourceCache<readonly StackResources[]>();

/** All stack policies receive the same resources, so the properties of the first one serve as the cache key. */
function clustersOf(resources: readonly PolicyResource[]): readonly StackResources[] {
    const make = (): readonly StackResources[] => StackResources.ofClusters(resources.map(ofStack));
    const [first] = resources;
    return first === undefined ? make() : clusters.of(first.props, make);
}

/** Keyed by the properties of a request, which the SDK passes to one policy after another. */
const resourcesByProps = new PerResourceCache<EngineResource>();

function ofResource({ urn, type, name, props, provider }: ResourceValidationArgs): EngineResource {
    return resourcesByProps.of(props, () => {
        const copy = copies.of(props, () => lazyCopy(props, urn));
        inputsByUrn.set(urn, copy);
        return { urn, type, name, props: copy, ...providerOf(provider) };
    });
}

function providerOf(provider: PolicyProviderResource | undefined): Pick<EngineResource, "provider"> {
    if (provider === undefined) return {};
    const { urn, props } = provider;
    return { provider: { urn, props: copies.of(props, () => lazyCopy(props, urn)) } };
}

function ofStack({ urn, type, name, props, provider, propertyDependencies }: PolicyResource): EngineResource {
    const sources = Object.entries(propertyDependencies).map(([property, resources]): [string, string[]] => [
        property,
        resources.map((source) => source.urn),
    ]);
    const copy = copies.of(props, () => lazyCopy(props, urn));
    const knownProps = Object.keys(copy).length > 0 ? copy : (inputsByUrn.get(urn) ?? copy);
    return {
        urn,
        type,
        name,
        props: knownProps,
        sources: Object.fromEntries(sources),
        ...providerOf(provider),
    };
}

/** All inputs of the resource with the changes of the rule; undefined if there are none. */
function remediatedInputs(
    rule: ObjectRule,
    args: ResourceValidationArgs,
): Record<string, unknown> | undefined {
    const resource = ofResource(args);
    if (!appliesToResource(rule.appliesTo, resource)) return undefined;
    const subject = new Subject(resource);
    const changed = rule.remediate?.(subject, { ...rule.defaults, ...args.getConfig<object>() });
    return changed === undefined ? undefined : { ...args.props, ...changed };
}
