/** Compares objects and releases, and lists the differing fields. */
import { isDeepStrictEqual } from "node:util";
import { manifestKey } from "../../components/base/manifest";
import type { MeshObjects } from "../lib/snapshot/snapshot";

export interface ChangedObject {
    /** `namespace/Kind/name`; a release's is `namespace/Release/name`. */
    readonly object: string;
    /** Paths of the fields that differ: `spec.rules[0].to[0].operation.paths`. */
    readonly fields: readonly string[];
}

export interface ObjectChanges {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly ChangedObject[];
}

export function compareObjects(before: MeshObjects, after: MeshObjects): ObjectChanges {
    const [old, now] = [byKey(before), byKey(after)];
    return {
        added: [...now.keys()].filter((key) => !old.has(key)).sort(),
        removed: [...old.keys()].filter((key) => !now.has(key)).sort(),
        changed: [...now]
            .filter(([key, value]) => old.has(key) && !isDeepStrictEqual(old.get(key), value))
            .map(([object, value]) => ({ object, fields: differingFields(old.get(object), value, "") }))
            .sort((a, b) => (a.object < b.object ? -1 : 1)),
    };
}

function byKey({ objects, releases }: MeshObjects): Map<string, unknown> {
    return new Map<string, unknown>([
        ...objects.map((object) => [manifestKey(object), object] as const),
        ...releases.map((release) => [`${release.namespace}/Release/${release.name}`, release] as const),
    ]);
}

/** The deepest paths at which two values differ; for lists of scalars, the path of the list. */
function differingFields(before: unknown, after: unknown, path: string): string[] {
    if (isDeepStrictEqual(before, after)) return [];
    if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after))
        return [path];
    const isList = Array.isArray(after);
    if (isList && ![before, after].flatMap((list): unknown[] => Object.values(list)).every(isContainer))
        return [path];
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => {
        const inside = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
        return differingFields(before[key], after[key], inside);
    });
}

function isContainer(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}
