/** Inputs of resources of a cloud, as a baseline lists them. */
import { flatten } from "./flatten";
import { UnknownField } from "./read";
import { type Subject } from "./subject";

/** Stands before the value of an input that is made of another resource's outputs. */
const OUTPUT = "output: ";

/** The same of one that is looked up in the cloud: it refers to no resource of the program. */
const ANSWER = "answer: ";

/** In place of a value that only the update will know. */
export const UNKNOWN = "(unknown)";

/** Whether the inputs of a resource are listed: those of components say how children are made, and the children are listed. */
export function hasSettings({ id, isKubernetes }: Subject): boolean {
    return !isKubernetes && !/^(sparc:|pulumi:pulumi:|kubernetes:)/.test(id);
}

/** Of providers: where a cluster is, and how to get in, differs from machine to machine. */
const OMITTED = /^(kubeconfig|clusterIdentifier|context|version)$/;

/** What the bridge of a provider adds beside a resource's inputs. */
const ADDED: ReadonlySet<string> = new Set(["tagsAll", "id"]);

/** Every input by its path; what is not known yet is `UNKNOWN`. Defaults of the provider are left out, unless they are listed. */
export function settingsOf(
    { id, name, props }: Subject,
    listed: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, string> {
    const into = new Map<string, string>();
    const isProvider = id.startsWith("pulumi:providers:");
    const isDefault = (path: string, value: unknown): boolean =>
        canBeDefault(value, name) && !Object.keys(listed).some((one) => isWithin(one, path));
    walk(props, "", into, isDefault, (key) => ADDED.has(key) || (isProvider && OMITTED.test(key)));
    return into;
}

/**
 * Providers fill in switches, numbers, words and names of their own, and list their keys in `__defaults`. A program can write
 * that list, too: what can be an address, an ARN or a document is judged in any case.
 */
function canBeDefault(value: unknown, name: string): boolean {
    if (typeof value !== "string") return typeof value === "boolean" || typeof value === "number";
    return /^[A-Za-z_ -]*$/.test(value) || (value.startsWith(`${name}-`) && /-[0-9a-f]{7}$/.test(value));
}

function walk(
    node: object,
    path: string,
    into: Map<string, string>,
    isDefault: (path: string, value: unknown) => boolean,
    isOmitted: (key: string) => boolean,
): void {
    const isList = Array.isArray(node);
    const filled = isList ? [] : ((node as { readonly __defaults?: unknown }).__defaults ?? []);
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

/** An identifier, as the process that runs the program makes it up before there is one. */
const MADE_UP = /\baws:[\w-]+\/\w+:\w+\//;

/** Registrations of the same resources with other values of what they take from others. */
export interface Variants<Value> {
    readonly outputs: Value;
    readonly answers: Value;
}

/** The settings of a resource: what differs in a variant is not its program's own. */
export function listedSettings(subject: Subject, variants: Variants<Subject>): ReadonlyMap<string, string> {
    const outputs = settingsOf(variants.outputs);
    const answers = settingsOf(variants.answers);
    return new Map(
        [...settingsOf(subject)].map(([path, value]) => {
            if (value !== answers.get(path)) return [path, `${ANSWER}${value}`];
            const isOutput = MADE_UP.test(value) || value !== outputs.get(path);
            return [path, isOutput ? `${OUTPUT}${value}` : value];
        }),
    );
}

/** Whether a listed input has no value before the update. */
export function isOpen(listed: string): boolean {
    return listed.startsWith(OUTPUT) || listed.startsWith(ANSWER);
}

/** The value of a listed input in a run without a cloud, from which the baseline is generated. */
export function simulatedValue(listed: string): string {
    return listed.replace(/^(output|answer): /, "");
}

/** What a listed input is before there is a cloud, where it is another resource's output. */
export function outputOf(listed: string): string | undefined {
    return listed.startsWith(OUTPUT) ? listed.slice(OUTPUT.length) : undefined;
}

/** Whether a path is inside of another: `vpcConfig.subnetIds[0]` of `vpcConfig`. */
export function isWithin(path: string, outer: string): boolean {
    return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}
