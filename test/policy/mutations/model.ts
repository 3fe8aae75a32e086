/** One change of a stack, of a kind. */
import { type JudgedResource } from "../../../cli/policy/protocol";

export interface Mutation {
    /** What is changed, in the words of the score: `PeerAuthentication: STRICT to PERMISSIVE`. */
    readonly kind: string;
    /** The object that is changed: the message must name it, or what it leaves open. */
    readonly target: string;
    /** Names of which the message must have one. */
    readonly names: readonly string[];
    /** What takes the resource's place; undefined where it is taken out. */
    readonly replace: ReadonlyMap<string, JudgedResource | undefined>;
    readonly add?: readonly JudgedResource[];
}

export interface Props {
    [key: string]: unknown;
}

export function kindOf({ properties }: JudgedResource): string {
    return typeof properties["kind"] === "string" ? properties["kind"] : "";
}

export function meta({ properties }: JudgedResource): { name: string; namespace: string } {
    const { name, namespace } = (properties["metadata"] ?? properties) as {
        name?: string;
        namespace?: string;
    };
    return { name: name ?? "", namespace: namespace ?? "" };
}

export function labelOf(resource: JudgedResource): string {
    const { name, namespace } = meta(resource);
    return [namespace, kindOf(resource) || "Release", name].filter(Boolean).join("/");
}

/** The resource with `edit` applied to a copy of its properties. */
export function changed(
    kind: string,
    resource: JudgedResource,
    edit: (properties: Props) => void,
    names: readonly string[] = [],
): Mutation {
    const properties = structuredClone(resource.properties) as Props;
    edit(properties);
    return {
        kind,
        target: labelOf(resource),
        names: [labelOf(resource), ...names],
        replace: new Map([[resource.urn, { ...resource, properties }]]),
    };
}

/** The stack without the resource. */
export function removed(kind: string, resource: JudgedResource, names: readonly string[]): Mutation {
    return { kind, target: labelOf(resource), names, replace: new Map([[resource.urn, undefined]]) };
}

/** Objects and lists at a path in which `*` stands for every entry. */
export function nodes(root: unknown, path: string): Props[] {
    let found: unknown[] = [root];
    for (const key of path.split(".").filter(Boolean)) {
        found = found.flatMap((node): unknown[] => {
            if (typeof node !== "object" || node === null) return [];
            if (key === "*") return Object.values(node);
            return [(node as Props)[key]];
        });
    }
    return found.filter((node): node is Props => typeof node === "object" && node !== null);
}
