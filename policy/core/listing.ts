/** How a subject is listed in a baseline. Shared by the rules and the generator of baselines. */
import { type Baseline } from "./baseline";
import { digest, flatten } from "./flatten";
import { fields } from "./read";
import { hasSettings, listedSettings, sourcesOf, type Variants } from "./settings";
import { CHARTS, type Subject } from "./subject";

/** Pinned by name only: their content is secret, so that no digest of it may be published. */
const PINNED_BY_NAME: ReadonlySet<string> = new Set(["core/Secret"]);

/** The kind as listed in a baseline. A patch of an object that another program owns is a separate kind. */
export function kindOf({ id, isPatch }: Subject): string {
    return isPatch ? `${id}Patch` : id;
}

/**
 * `namespace/name`, or the name of a cluster-scoped object.
 * @throws UnknownField
 */
export function keyOf({ namespace, name }: Subject): string {
    return namespace === "" ? name : `${namespace}/${name}`;
}

/** Whether it is listed by content: every Kubernetes object. Objects of a chart are listed by the chart's values. */
export function isPinned({ id, isKubernetes }: Subject): boolean {
    return isKubernetes && !CHARTS.includes(id);
}

/**
 * The content of a pinned object as listed in a baseline.
 * @throws UnknownField
 */
export function contentOf(subject: Subject): string {
    if (PINNED_BY_NAME.has(subject.id)) return "";
    const { metadata, ...content } = subject.props;
    const rest = Object.fromEntries(Object.entries(content).filter(([key]) => !IDENTITY_FIELDS.has(key)));
    return digest({
        ...rest,
        labels: relevantMetadata(fields(metadata)["labels"]),
        annotations: relevantMetadata(fields(metadata)["annotations"]),
        generateName: fields(metadata)["generateName"],
        ownerReferences: fields(metadata)["ownerReferences"],
        finalizers: fields(metadata)["finalizers"],
    });
}

/** Fields that identify the object, or that the API server or the engine adds. */
const IDENTITY_FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "status", "id", "__defaults"]);

/** Labels and annotations that a controller may act on: all but those of the engine and of kubectl. */
function relevantMetadata(map: unknown): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(fields(map)).filter(([key]) => !IGNORED_METADATA.test(key)));
}

const IGNORED_METADATA = /^(pulumi\.com|kubectl\.kubernetes\.io)\/|^app\.kubernetes\.io\/managed-by$/;

export function isRelease({ id }: Subject): boolean {
    return CHARTS.includes(id);
}

/**
 * Inputs of a release that determine what is installed, without those for waiting and those from the
 * provider.
 * @throws UnknownField
 */
export function inputsOf({ props }: Subject): ReadonlyMap<string, string> {
    const kept = Object.keys(props).filter((key) => !IGNORED_RELEASE_INPUTS.has(key));
    const inputs = kept.flatMap((key) => [...flatten(props[key], key)]);
    // The provider fills in every field: a flag that is false or an empty text is the same as an absent one.
    return new Map(
        inputs.filter(([path, value]) => path.startsWith("values") || !["false", '""'].includes(value)),
    );
}

const IGNORED_RELEASE_INPUTS: ReadonlySet<string> = new Set([
    "__defaults",
    "atomic",
    "checksum",
    "cleanupOnFail",
    "compat",
    "createNamespace",
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

/**
 * Lists everything that a stack consists of; see `listedSettings` for the variants.
 * @throws UnknownField
 */
export function listingOf(subjects: readonly Subject[], variants: Variants<readonly Subject[]>): Baseline {
    const byUrn = (list: readonly Subject[]) => new Map(list.map((subject) => [subject.urn, subject]));
    const outputs = byUrn(variants.outputs);
    const answers = byUrn(variants.answers);
    const kinds = new Map<string, Set<string>>();
    const resources = new Map<string, Set<string>>();
    const settings = new Map<string, Map<string, ReadonlyMap<string, string>>>();
    const references = new Map<string, Map<string, ReadonlyMap<string, readonly string[]>>>();
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
            const sources = new Map(
                Object.keys(subject.sources).map((input) => [input, sourcesOf(subject, input)]),
            );
            if (sources.size > 0)
                at(
                    references,
                    subject.id,
                    () => new Map<string, ReadonlyMap<string, readonly string[]>>(),
                ).set(subject.name, sources);
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
        references: object(references, (map) => object(map, (one) => object(one, (value) => value))),
        objects: object(objects, (map) => object(map, (content) => content)),
        releases: object(releases, (map) => object(map, (value) => value)),
    };
}

function at<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
    const value = map.get(key) ?? make();
    map.set(key, value);
    return value;
}

/** Sorts the keys, so that a diff shows only real changes. */
function object<Value, Out>(
    map: ReadonlyMap<string, Value>,
    convert: (value: Value) => Out,
): Readonly<Record<string, Out>> {
    return Object.fromEntries(
        [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, convert(value)]),
    );
}
