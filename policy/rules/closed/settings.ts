import {
    type Baseline,
    BASELINE_SCHEMA,
    baselineOf,
    howToList,
    NO_BASELINE,
    type WithBaseline,
} from "../../core/baseline";
import { EVERYTHING, type Finding, objectRule } from "../../core/rule";
import { hasSettings, isOpen, isWithin, settingsOf, simulatedValue, UNKNOWN } from "../../core/settings";
import { type Subject } from "../../core/subject";

interface Config extends WithBaseline {
    readonly simulated: boolean;
}

export const closedSettings = objectRule<Config>({
    name: "closed-settings",
    area: "closed",
    title: "Every resource of a cloud has the inputs that the baseline lists",
    severity: "critical",
    why: "one word of a record, a key's policy or a DNS firewall leads clients and pods elsewhere, and looks like anybody's intention",
    remedy: "Read the change, then generate the baseline again and have its diff reviewed.",
    judges: [EVERYTHING],
    defaults: { ...NO_BASELINE, simulated: false },
    schema: {
        baseline: BASELINE_SCHEMA,
        simulated: {
            type: "boolean",
            description:
                "demand the listed values also where they are other resources' outputs or looked up; `mesh policy` sets it, because it simulates the cloud as the baseline's generator does",
        },
    },
    examples: {
        refused: `
type: aws:route53/record:Record
name: api
properties: { name: api.shop.example.com, type: A, records: [203.0.113.66], ttl: 60 }
`,
        accepted: `
type: aws:route53/record:Record
name: api
properties: { name: api.shop.example.com, type: A, records: [203.0.113.10], ttl: 60 }
`,
    },
    *judge(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined || !hasSettings(subject)) return;
        const listed = settingsListed(baseline, subject);
        // closed-kinds says so of what is not listed at all.
        if (listed === undefined) return;
        const fix = howToList(config.baseline);
        const inputs = new Map(settingsOf(subject, listed));
        const region = inputs.get("region");
        // AWS' provider fills in its own region.
        if (region !== undefined && listed["region"] === undefined && isProvidersRegion(baseline, region))
            inputs.delete("region");
        for (const wrong of differences(inputs, listed, config.simulated))
            yield { subject, wrong, fix } satisfies Finding;
    },
});

function isProvidersRegion({ settings }: Baseline, region: string): boolean {
    return Object.values(settings["pulumi:providers:aws"] ?? {}).some((one) => one["region"] === region);
}

/** What a baseline lists of a resource's inputs; undefined where it lists no such resource. */
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
            // Of a whole that is not known yet, every listed part must be another resource's.
            const parts = Object.keys(listed).filter((one) => isWithin(one, path));
            if (parts.length > 0 && parts.every((one) => isOpen(listed[one] ?? ""))) continue;
            yield `${path} is known only during the update, and the baseline lists ${parts.length === 0 ? "nothing there" : "a value"}`;
            continue;
        }
        const expected = Object.hasOwn(listed, path) ? listed[path] : undefined;
        if (expected !== undefined && simulatedValue(expected) === value) continue;
        if (expected !== undefined && isOpen(expected) && !isSimulated) continue;
        yield expected === undefined
            ? `${path} = ${value} is not listed in the baseline`
            : `${path} is ${value}, and the baseline lists ${simulatedValue(expected)}`;
    }
    const unknown = [...inputs].filter(([, value]) => value === UNKNOWN).map(([path]) => path);
    for (const [path, expected] of Object.entries(listed)) {
        if (inputs.has(path) || unknown.some((outer) => isWithin(path, outer))) continue;
        yield `${path} is missing, and the baseline lists ${expected}`;
    }
}
