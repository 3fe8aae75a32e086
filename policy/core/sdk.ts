/** The pack's rules as the policies that the SDK serves to the engine. */
import {
    type Policies,
    type PolicyProviderResource,
    type PolicyResource,
    type ReportViolation,
    type ResourceValidationArgs,
} from "@pulumi/policy";
import { type PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { endedFor } from "./exceptions";
import { isJudged } from "./judged";
import { message } from "./message";
import { Kept } from "./once";
import { type Fields, plain } from "./read";
import {
    each,
    type Finding,
    guarded,
    interrupted,
    isStackRule,
    type ObjectRule,
    type Rule,
    type StackRule,
} from "./rule";
import { type EngineResource, Subject } from "./subject";
import { World } from "./world";

type Policy = Policies[number];

export function asPolicy(rule: Rule): Policy {
    const { name, title, severity, area, remedy, schema } = rule;
    const described = {
        name,
        description: title,
        enforcementLevel: "mandatory" as const,
        severity,
        tags: [area],
        remediationSteps: remedy,
        configSchema: { properties: schema as Record<string, PolicyConfigJSONSchema> },
    };
    if (isStackRule(rule)) {
        const judged = rule as unknown as StackRule;
        return {
            ...described,
            validateStack: (args, report) => {
                reportAll(rule, report, judgeWorlds(judged, worldsOf(args.resources), args.getConfig()));
            },
        };
    }
    const judged = rule as unknown as ObjectRule;
    return {
        ...described,
        validateResource: (args, report) => {
            reportAll(rule, report, judgeResource(judged, ofResource(args), args.getConfig()));
        },
        ...(judged.remedied === undefined ? {} : { remediateResource: (args) => remediate(judged, args) }),
    };
}

/** What an object rule says of one resource. */
export function* judgeResource(rule: ObjectRule, resource: EngineResource, given: object): Iterable<Finding> {
    // Most policies are not about most resources.
    if (!isJudged(rule.judges, resource)) return;
    const subject = Subject.of(resource);
    const config = { ...rule.defaults, ...given };
    for (const finding of each([subject], () => rule.judge(subject, config)))
        yield withEnded(finding, config);
}

/** What a stack rule says of all resources together. */
export function* judgeWorld(rule: StackRule, world: World, given: object): Iterable<Finding> {
    world.takeDoubts();
    const said = new Set<Subject | undefined>();
    const config = { ...rule.defaults, ...given };
    for (const finding of guarded(undefined, () => rule.judgeStack(world, config))) {
        if (finding.unknown === true) said.add(finding.subject);
        yield withEnded(finding, config);
    }
    for (const [subject, error] of world.takeDoubts()) {
        if (!said.has(subject)) yield interrupted(subject, error);
    }
}

/** What a stack rule says of each cluster by itself; what it says of resources that all of them share, once. */
export function* judgeWorlds(rule: StackRule, all: readonly World[], given: object): Iterable<Finding> {
    const said = new Set<string>();
    for (const world of all) {
        for (const finding of judgeWorld(rule, world, given)) {
            const inCluster =
                all.length === 1 ? finding : { ...finding, wrong: `${finding.wrong}${world.place}` };
            const key = `${finding.subject?.urn ?? ""} ${finding.subject === undefined ? inCluster.wrong : finding.wrong}`;
            if (said.has(key)) continue;
            said.add(key);
            yield finding.subject === undefined ? inCluster : finding;
        }
    }
}

/** What was excused until lately is said to have been: who reads the refusal did not change a thing. */
function withEnded(finding: Finding, config: object): Finding {
    const { subject, wrong, unknown } = finding;
    if (subject === undefined || unknown === true) return finding;
    const ended = endedFor(config, subject);
    return wrong.includes(ended) ? finding : { ...finding, wrong: `${wrong}${ended}` };
}

/** What `report` takes besides text, which its type does not tell: a finding of another level than the policy's. */
type ReportAt = (finding: { message: string; urn?: string; enforcementLevel: "advisory" }) => void;

function reportAll(rule: Rule, report: ReportViolation, findings: Iterable<Finding>): void {
    for (const finding of findings) {
        const urn = finding.subject?.urn;
        const text = message(rule, finding);
        if (finding.unknown === undefined) {
            report(text, urn);
            continue;
        }
        // What a preview does not know is said, and does not stop it: the update judges it before it is done.
        const advise = report as unknown as ReportAt;
        advise({ message: text, enforcementLevel: "advisory", ...(urn === undefined ? {} : { urn }) });
    }
}

const copies = new Kept<Fields>();

/**
 * What each resource was asked to be, by URN. The engine asks about resources one by one first; of the whole stack it then
 * tells outputs, and has none of a provider that it could not configure yet: of a cluster's objects, in the preview
 * that is to make the cluster. Absence there says nothing.
 */
const asked = new Map<string, Fields>();
const worlds = new Kept<readonly World[]>();

/** All stack policies are shown the same resources, of which the first is as good a name for them as any. */
function worldsOf(resources: readonly PolicyResource[]): readonly World[] {
    const make = (): readonly World[] => World.ofClusters(resources.map(ofStack));
    const [first] = resources;
    return first === undefined ? make() : worlds.of(first.props, make);
}

/** By the properties of a request, which the SDK hands to one policy after another. */
const requested = new Kept<EngineResource>();

function ofResource({ urn, type, name, props, provider }: ResourceValidationArgs): EngineResource {
    return requested.of(props, () => {
        const copy = copies.of(props, () => plain(props, urn));
        asked.set(urn, copy);
        return { urn, type, name, props: copy, ...providerOf(provider) };
    });
}

function providerOf(provider: PolicyProviderResource | undefined): Pick<EngineResource, "provider"> {
    if (provider === undefined) return {};
    const { urn, props } = provider;
    return { provider: { urn, props: copies.of(props, () => plain(props, urn)) } };
}

function ofStack({ urn, type, name, props, provider, propertyDependencies }: PolicyResource): EngineResource {
    const sources = Object.entries(propertyDependencies).map(([property, resources]): [string, string[]] => [
        property,
        resources.map((source) => source.urn),
    ]);
    const copy = copies.of(props, () => plain(props, urn));
    const told = Object.keys(copy).length > 0 ? copy : (asked.get(urn) ?? copy);
    return { urn, type, name, props: told, sources: Object.fromEntries(sources), ...providerOf(provider) };
}

/** The whole of the resource's inputs with the fields that the rule changes, or nothing. */
function remediate(rule: ObjectRule, args: ResourceValidationArgs): Record<string, unknown> | undefined {
    const resource = ofResource(args);
    if (!isJudged(rule.judges, resource)) return undefined;
    const subject = new Subject(resource);
    const changed = rule.remedied?.(subject, { ...rule.defaults, ...args.getConfig<object>() });
    return changed === undefined ? undefined : { ...args.props, ...changed };
}
