/** How a subject is listed in a baseline: the rules and the generator of baselines share this one reading. */
import { type Baseline } from "./baseline";
import { digest, flatten } from "./flatten";
import { fields } from "./read";
import { hasSettings, listedSettings, type Variants } from "./settings";
import { CHARTS, type Subject } from "./subject";

/** Pinned by name alone: their content is secret, and no digest of it may be published. */
const NAMED: ReadonlySet<string> = new Set(["core/Secret"]);

/** The kind, as a baseline lists it: a patch of somebody else's object is a kind of its own. */
export function kindOf({ id, isPatch }: Subject): string {
    return isPatch ? `${id}Patch` : id;
}

/** `namespace/name`, or the name of what is in no namespace. @throws UnknownField */
export function keyOf({ namespace, name }: Subject): string {
    return namespace === "" ? name : `${namespace}/${name}`;
}

/** Whether it is listed by its content: every object of Kubernetes. What a chart makes is listed by the chart's values. */
export function isPinned({ id, isKubernetes }: Subject): boolean {
    return isKubernetes && !CHARTS.includes(id);
}

/** What a baseline lists of a pinned object. @throws UnknownField */
export function contentOf(subject: Subject): string {
    if (NAMED.has(subject.id)) return "";
    const { metadata, ...content } = subject.props;
    const rest = Object.fromEntries(Object.entries(content).filter(([key]) => !SERVED.has(key)));
    return digest({
        ...rest,
        labels: obeyed(fields(metadata)["labels"]),
        annotations: obeyed(fields(metadata)["annotations"]),
        ownerReferences: fields(metadata)["ownerReferences"],
        finalizers: fields(metadata)["finalizers"],
    });
}

/** Fields that say what the object is, or that the API server or the engine adds. */
const SERVED: ReadonlySet<string> = new Set(["apiVersion", "kind", "status", "id", "__defaults"]);

/** Labels and annotations that a controller may obey: all but the engine's and kubectl's own. */
function obeyed(map: unknown): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(fields(map)).filter(([key]) => !NOT_OBEYED.test(key)));
}

const NOT_OBEYED = /^(pulumi\.com|kubectl\.kubernetes\.io)\/|^app\.kubernetes\.io\/managed-by$/;

export function isRelease({ id }: Subject): boolean {
    return CHARTS.includes(id);
}

/**
 * Inputs of a release that say what is installed. Those left out say when to wait, or come from the provider.
 *
 * @throws UnknownField
 */
export function inputsOf({ props }: Subject): ReadonlyMap<string, string> {
    const kept = Object.keys(props).filter((key) => !UNIMPORTANT.has(key));
    const inputs = kept.flatMap((key) => [...flatten(props[key], key)]);
    // A flag that is off is the same as one that nobody wrote.
    return new Map(inputs.filter(([path, value]) => path.startsWith("values") || value !== "false"));
}

const UNIMPORTANT: ReadonlySet<string> = new Set([
    "__defaults",
    "atomic",
    "checksum",
    "cleanupOnFail",
    "compat",
    "createNamespace",
    "dependencyUpdate",
    "description",
    "id",
    "keyring",
    "lint",
    "manifest",
    "maxHistory",
    "recreatePods",
    "resourceNames",
    "skipAwait",
    "status",
    "timeout",
    "waitForJobs",
]);

/** Lists all that a stack consists of, see `listedSettings` for the variants. @throws UnknownField */
export function listingOf(subjects: readonly Subject[], variants: Variants<readonly Subject[]>): Baseline {
    const byUrn = (list: readonly Subject[]) => new Map(list.map((subject) => [subject.urn, subject]));
    const outputs = byUrn(variants.outputs);
    const answers = byUrn(variants.answers);
    const kinds = new Map<string, Set<string>>();
    const resources = new Map<string, Set<string>>();
    const settings = new Map<string, Map<string, ReadonlyMap<string, string>>>();
    const objects = new Map<string, Map<string, string>>();
    const releases = new Map<string, ReadonlyMap<string, string>>();
    for (const subject of subjects) {
        if (!subject.isKubernetes) {
            at(resources, subject.id, () => new Set<string>()).add(subject.name);
            if (!hasSettings(subject)) continue;
            const listed = listedSettings(subject, {
                outputs: outputs.get(subject.urn) ?? subject,
                answers: answers.get(subject.urn) ?? subject,
            });
            at(settings, subject.id, () => new Map<string, ReadonlyMap<string, string>>()).set(
                subject.name,
                listed,
            );
            continue;
        }
        const kind = kindOf(subject);
        at(kinds, subject.namespace, () => new Set<string>()).add(kind);
        if (isPinned(subject))
            at(objects, kind, () => new Map<string, string>()).set(keyOf(subject), contentOf(subject));
        if (isRelease(subject)) releases.set(keyOf(subject), inputsOf(subject));
    }
    return {
        kinds: object(kinds, (set) => [...set].sort()),
        resources: object(resources, (set) => [...set].sort()),
        settings: object(settings, (map) => object(map, (one) => object(one, (value) => value))),
        objects: object(objects, (map) => object(map, (content) => content)),
        releases: object(releases, (map) => object(map, (value) => value)),
    };
}

function at<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
    const value = map.get(key) ?? make();
    map.set(key, value);
    return value;
}

/** With sorted keys, so that a diff shows what changed. */
function object<Value, Out>(
    map: ReadonlyMap<string, Value>,
    convert: (value: Value) => Out,
): Readonly<Record<string, Out>> {
    return Object.fromEntries(
        [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, convert(value)]),
    );
}
