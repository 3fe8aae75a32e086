/** Inputs of cloud resources, as listed in a baseline. */
import { AWS_DEFAULTS } from "./aws-defaults";
import { flatten } from "./flatten";
import { UnknownField } from "./read";
import { type Subject } from "./subject";
import { parseUrn } from "./urn";

/** Prefix of an input that comes from another resource's outputs. */
const OUTPUT = "output: ";

/** Prefix of an input that comes from a lookup in the cloud, and not from a resource of the program. */
const LOOKUP = "answer: ";

/** Replaces a value that is unknown until the update. */
export const UNKNOWN = "(unknown)";

/**
 * Whether a resource's inputs are listed. Those of components are not, since their children are listed. The provider of
 * cert-manager's component registers it without inputs.
 */
export function hasSettings({ id, isKubernetes }: Subject): boolean {
    return !isKubernetes && !/^(sparc:|pulumi:pulumi:|kubernetes:|kubernetes-cert-manager:)/.test(id);
}

/** Inputs of providers that differ between machines: the address of the cluster and the credentials. */
const OMITTED_OF_PROVIDERS = /^(kubeconfig|clusterIdentifier|context|version)$/;

/** Fields that the provider bridge adds to a resource's inputs. */
const ADDED_BY_BRIDGE: ReadonlySet<string> = new Set(["tagsAll", "id"]);

/** Every input by path; unknown values are `UNKNOWN`. Omits defaults of nested blocks unless they are listed. */
export function settingsOf(
    { id, props }: Subject,
    listed: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, string> {
    const into = new Map<string, string>();
    const isProvider = id.startsWith("pulumi:providers:");
    const paths = Object.keys(listed);
    // Providers fill in fields of blocks that the program sets, and add no block.
    const isDefault = (path: string, value: unknown): boolean =>
        canBeProviderDefault(value) &&
        !paths.some((one) => isWithin(one, path)) &&
        paths.some((one) => isWithin(one, parentOf(path)));
    walk(
        props,
        "",
        into,
        isDefault,
        (key) => ADDED_BY_BRIDGE.has(key) || (isProvider && OMITTED_OF_PROVIDERS.test(key)),
    );
    return into;
}

/**
 * Providers fill in flags, numbers and words of nested blocks, and list their keys in the block's `__defaults`. A program
 * can set `__defaults` too, so anything that can be an address, an ARN or a document is always evaluated.
 */
function canBeProviderDefault(value: unknown): boolean {
    if (typeof value !== "string") return typeof value === "boolean" || typeof value === "number";
    return /^[A-Za-z_ -]*$/.test(value);
}

/**
 * Whether a top-level input has the value that the provider fills in if the program sets none: a generated name, or a default
 * of the AWS provider.
 */
export function isFilledIn({ id, name }: Subject, path: string, value: string): boolean {
    if (path === "name") return value.startsWith(`"${name}-`) && /-[0-9a-f]{7}"$/.test(value);
    const defaults = Object.hasOwn(AWS_DEFAULTS, id) ? AWS_DEFAULTS[id] : undefined;
    return (
        defaults !== undefined && Object.hasOwn(defaults, path) && JSON.stringify(defaults[path]) === value
    );
}

function walk(
    node: object,
    path: string,
    into: Map<string, string>,
    isDefault: (path: string, value: unknown) => boolean,
    isOmitted: (key: string) => boolean,
): void {
    const isList = Array.isArray(node);
    // The engine drops a resource's top-level `__defaults`: if there is one, the program has set it.
    const filled =
        isList || path === "" ? [] : ((node as { readonly __defaults?: unknown }).__defaults ?? []);
    for (const key of Object.keys(node)) {
        if (key === "__defaults" || isOmitted(key)) continue;
        const place = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
        let value: unknown;
        try {
            value = (node as Readonly<Record<string, unknown>>)[key];
        } catch (error) {
            if (!(error instanceof UnknownField)) throw error;
            into.set(place, UNKNOWN);
            continue;
        }
        if (Array.isArray(filled) && filled.includes(key) && isDefault(place, value)) continue;
        if (typeof value === "object" && value !== null && Object.keys(value).length > 0)
            walk(value, place, into, isDefault, () => false);
        else for (const [inner, shown] of flatten(value, place)) into.set(inner, shown);
    }
}

/** A placeholder identifier from the process that runs the program without a cloud. */
const PLACEHOLDER_ID = /\baws:[\w-]+\/\w+:\w+\//;

/** Registrations of the same resources with different values of outputs and of lookups. */
export interface Variants<Value> {
    readonly outputs: Value;
    readonly answers: Value;
}

/** The settings of a resource. Values that differ in a variant come from outputs or lookups. */
export function listedSettings(subject: Subject, variants: Variants<Subject>): ReadonlyMap<string, string> {
    const outputs = settingsOf(variants.outputs);
    const answers = settingsOf(variants.answers);
    return new Map(
        [...settingsOf(subject)].map(([path, value]) => {
            if (value !== answers.get(path)) return [path, `${LOOKUP}${value}`];
            const isOutput = PLACEHOLDER_ID.test(value) || value !== outputs.get(path);
            return [path, isOutput ? `${OUTPUT}${value}` : value];
        }),
    );
}

/** Whether a listed input has no value before the update. */
export function isOutputOrLookup(listed: string): boolean {
    return listed.startsWith(OUTPUT) || listed.startsWith(LOOKUP);
}

/** The value of a listed input in a run without a cloud, from which the baseline is generated. */
export function simulatedValue(listed: string): string {
    return listed.replace(/^(output|answer): /, "");
}

/** The value of a listed input without a cloud, if it is another resource's output. */
export function outputOf(listed: string): string | undefined {
    return listed.startsWith(OUTPUT) ? listed.slice(OUTPUT.length) : undefined;
}

/** The block of a field: `remoteAccess` of `remoteAccess.ec2SshKey`. */
function parentOf(path: string): string {
    return path.replace(/(\.[^.[\]]+|\[[^[\]]+\])$/, "");
}

/** Whether a path is below another: `vpcConfig.subnetIds[0]` is within `vpcConfig`. */
export function isWithin(path: string, outer: string): boolean {
    return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

/** The resources that an input's value comes from, as `type::name`, without their parents. */
export function sourcesOf({ sources }: Subject, input: string): readonly string[] {
    return [...new Set((sources[input] ?? []).map(typeAndName))].sort();
}

function typeAndName(urn: string): string {
    const { type, name } = parseUrn(urn);
    return `${type}::${name}`;
}
