/** One change of a stack: a mutant. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";

export interface Mutation {
    /** What changes, as the score prints it: `PeerAuthentication: STRICT to PERMISSIVE`. */
    readonly kind: string;
    /** The changed object: the message must name it, or what it exposes. */
    readonly target: string;
    /** The message must contain one of these names. */
    readonly names: readonly string[];
    /** Replacements by URN; undefined removes the resource. */
    readonly replace: ReadonlyMap<string, EvaluatedResource | undefined>;
    readonly add?: readonly EvaluatedResource[];
}

export interface Props {
    [key: string]: unknown;
}

export function kindOf({ properties }: EvaluatedResource): string {
    return typeof properties["kind"] === "string" ? properties["kind"] : "";
}

export function meta({ properties }: EvaluatedResource): { name: string; namespace: string } {
    const { name, namespace } = (properties["metadata"] ?? properties) as {
        name?: string;
        namespace?: string;
    };
    return { name: name ?? "", namespace: namespace ?? "" };
}

export function labelOf(resource: EvaluatedResource): string {
    const { name, namespace } = meta(resource);
    return [namespace, kindOf(resource) || "Release", name].filter(Boolean).join("/");
}

/** The resource with `edit` applied to a copy of its properties. */
export function changed(
    kind: string,
    resource: EvaluatedResource,
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
export function removed(kind: string, resource: EvaluatedResource, names: readonly string[]): Mutation {
    return { kind, target: labelOf(resource), names, replace: new Map([[resource.urn, undefined]]) };
}

/** Objects and lists at a path in which `*` matches every entry. */
export function nodes(root: unknown, path: string): Props[] {
    let current: unknown[] = [root];
    for (const key of path.split(".").filter(Boolean)) {
        current = current.flatMap((node): unknown[] => {
            if (typeof node !== "object" || node === null) return [];
            if (key === "*") return Object.values(node);
            return [(node as Props)[key]];
        });
    }
    return current.filter((node): node is Props => typeof node === "object" && node !== null);
}
