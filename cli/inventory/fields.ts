/** Accounts for the fields of objects, so that no field that was read is missing in the report. */
import type { Item, Outcome, ReadObject } from "./model";

/** An item whose outcome can still change, when the draft is checked. */
export interface MutableItem extends Item {
    outcome: Outcome;
    detail: string;
}

/** Indexes of the store, which change with every write. They are part of no object's meaning. */
const BOOKKEEPING: ReadonlySet<string> = new Set(["CreateIndex", "ModifyIndex"]);

/**
 * The paths of the fields that have a value, at any depth. As in Consul's Go code, the zero value of a type counts as
 * absent: false, 0, "", an empty list or object.
 */
export function fieldsOf(value: unknown, path = ""): string[] {
    if (Array.isArray(value)) return value.flatMap((one, index) => fieldsOf(one, `${path}[${index}]`));
    if (typeof value === "object" && value !== null)
        return Object.entries(value)
            .filter(([key]) => path !== "" || !BOOKKEEPING.has(key))
            .flatMap(([key, one]) => fieldsOf(one, fieldPath(path, key)));
    return value === null || value === undefined || value === false || value === 0 || value === ""
        ? []
        : [path];
}

/** `Meta.version`; `Meta["example.com/team"]` for keys that are not a simple name. */
export function fieldPath(path: string, key: string): string {
    if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
    return path === "" ? key : `${path}.${key}`;
}

/** The fields of one object, and the items that account for them. */
export class ObjectFields {
    readonly items: MutableItem[] = [];
    readonly #open: Set<string>;

    constructor(readonly object: ReadObject) {
        this.#open = new Set(fieldsOf(object.data));
    }

    /** Whether a field at or below the path has a value and is in no item yet. */
    has(path: string): boolean {
        return this.#below(path).length > 0;
    }

    /**
     * Adds an item for all fields at or below the paths that are in no item yet.
     *
     * @returns undefined, without an item, if there is none
     */
    add(paths: string | readonly string[], outcome: Outcome, detail: string): MutableItem | undefined {
        const fields = [paths].flat().flatMap((path) => this.#below(path));
        if (fields.length === 0) return undefined;
        return this.#push(fields, outcome, detail);
    }

    /** Adds an item for the object itself, with those of its fields that identify it, also if none has a value. */
    main(paths: readonly string[], outcome: Outcome, detail: string): MutableItem {
        return this.#push(
            paths.flatMap((path) => this.#below(path)),
            outcome,
            detail,
        );
    }

    /** Accounts for the remaining fields: each top-level one needs a decision. */
    finish(): readonly MutableItem[] {
        const tops = new Set([...this.#open].map((field) => /^[^.[]+/.exec(field)?.[0] ?? field));
        for (const top of tops)
            this.add(
                top,
                "by-hand",
                `${top} has no equivalent that this program knows. Decide whether it is needed.`,
            );
        return this.items;
    }

    #below(path: string): string[] {
        return [...this.#open].filter(
            (field) =>
                field === path ||
                (field.startsWith(path) && (field[path.length] === "." || field[path.length] === "[")),
        );
    }

    #push(fields: readonly string[], outcome: Outcome, detail: string): MutableItem {
        for (const field of fields) this.#open.delete(field);
        const { kind, datacenter, name: object } = this.object;
        const item = { kind, datacenter, object, fields, outcome, detail };
        this.items.push(item);
        return item;
    }
}
