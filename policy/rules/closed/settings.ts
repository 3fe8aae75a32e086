import {
    type Baseline,
    BASELINE_SCHEMA,
    baselineOf,
    howToList,
    NO_BASELINE,
    type WithBaseline,
} from "../../core/baseline";
import { EVERYTHING, type Violation, objectRule } from "../../core/rule";
import {
    hasSettings,
    isFilledIn,
    isOutputOrLookup,
    isWithin,
    settingsOf,
    simulatedValue,
    UNKNOWN,
} from "../../core/settings";
import { type Subject } from "../../core/subject";

interface Config extends WithBaseline {
    readonly simulated: boolean;
}

export const closedSettings = objectRule<Config>({
    name: "closed-settings",
    area: "closed",
    title: "Every cloud resource has the inputs in the baseline",
    severity: "critical",
    why: "a change in a DNS record, a key policy or a DNS firewall can redirect clients and pods, and looks like a regular change",
    remediation: "Review the change, then regenerate the baseline and have its diff reviewed.",
    appliesTo: [EVERYTHING],
    defaults: { ...NO_BASELINE, simulated: false },
    schema: {
        baseline: BASELINE_SCHEMA,
        simulated: {
            type: "boolean",
            description:
                "also require the listed values where they are other resources' outputs or lookups; `mesh policy` sets it, because it simulates the cloud like the generator of the baseline",
        },
    },
    examples: {
        noncompliant: `
type: aws:route53/record:Record
name: api
properties: { name: api.shop.example.com, type: A, records: [203.0.113.66], ttl: 60 }
`,
        compliant: `
type: aws:route53/record:Record
name: api
properties: { name: api.shop.example.com, type: A, records: [203.0.113.10], ttl: 60 }
`,
    },
    *evaluate(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined || !hasSettings(subject)) return;
        const listed = settingsListed(baseline, subject);
        // closed-kinds reports resources that are not listed at all.
        if (listed === undefined) return;
        const fix = howToList(config.baseline);
        const inputs = new Map(settingsOf(subject, listed));
        const region = inputs.get("region");
        // The AWS provider sets its default region.
        if (region !== undefined && listed["region"] === undefined && isProviderRegion(baseline, region))
            inputs.delete("region");
        for (const [path, value] of inputs)
            if (!Object.hasOwn(listed, path) && isFilledIn(subject, path, value)) inputs.delete(path);
        for (const problem of differences(inputs, listed, config.simulated))
            yield { subject, problem, fix } satisfies Violation;
    },
});

function isProviderRegion({ settings }: Baseline, region: string): boolean {
    return Object.values(settings["pulumi:providers:aws"] ?? {}).some((one) => one["region"] === region);
}

/** The listed inputs of a resource; undefined if the resource is not listed. */
export function settingsListed(
    { settings }: Baseline,
    { id, name }: Subject,
): Readonly<Record<string, string>> | undefined {
    const ofType = Object.hasOwn(settings, id) ? settings[id] : undefined;
    return ofType !== undefined && Object.hasOwn(ofType, name) ? ofType[name] : undefined;
}

function* differences(
    inputs: ReadonlyMap<string, string>,
    listed: Readonly<Record<string, string>>,
    isSimulated: boolean,
): Iterable<string> {
    for (const [path, value] of inputs) {
        if (value === UNKNOWN) {
            // If a whole field is unknown, every listed part must come from other resources.
            const parts = Object.keys(listed).filter((one) => isWithin(one, path));
            if (parts.length > 0 && parts.every((one) => isOutputOrLookup(listed[one] ?? ""))) continue;
            yield `${path} is unknown until the update, but the baseline lists ${parts.length === 0 ? "nothing there" : "a value"}`;
            continue;
        }
        const expected = Object.hasOwn(listed, path) ? listed[path] : undefined;
        if (expected !== undefined && simulatedValue(expected) === value) continue;
        if (expected !== undefined && isOutputOrLookup(expected) && !isSimulated) continue;
        yield expected === undefined
            ? `${path} = ${value} is not listed in the baseline`
            : `${path} is ${value}, but the baseline lists ${simulatedValue(expected)}`;
    }
    const unknown = [...inputs].filter(([, value]) => value === UNKNOWN).map(([path]) => path);
    for (const [path, expected] of Object.entries(listed)) {
        if (inputs.has(path) || unknown.some((outer) => isWithin(path, outer))) continue;
        yield `${path} is missing, but the baseline lists ${expected}`;
    }
}
