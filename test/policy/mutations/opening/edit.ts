/** Edits of parts of a resource. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, type Mutation, nodes, type Props } from "../model";

/** One mutation for each node at `path` for which `edit` changes something. */
export function everywhere(
    kind: string,
    resource: EvaluatedResource,
    path: string,
    edit: (node: Props) => boolean,
    names?: readonly string[],
): Mutation[] {
    return nodes(resource.properties, path).flatMap((node, index) => {
        if (!edit(structuredClone(node))) return [];
        return [
            changed(kind, resource, (properties) => void edit(nodes(properties, path)[index] ?? {}), names),
        ];
    });
}

export function drop(field: string): (node: Props) => boolean {
    return (node) => {
        if (!(field in node)) return false;
        Reflect.deleteProperty(node, field);
        return true;
    };
}

export function put(field: string, value: unknown, when: (before: unknown) => boolean = () => true) {
    return (node: Props): boolean => {
        if (!when(node[field])) return false;
        node[field] = value;
        return true;
    };
}

export function set(path: string, value: unknown): (properties: Props) => void {
    return (properties) => {
        const keys = path.split(".");
        const last = keys.pop() ?? "";
        let node = properties;
        for (const key of keys) node = (node[key] ??= {}) as Props;
        if (value === undefined) Reflect.deleteProperty(node, last);
        else node[last] = value;
    };
}
