/**
 * A stack's objects and releases, recorded in the cluster. An entry is written before its object is created and removed after
 * its object is deleted, so the inventory is complete even after a run was killed.
 */
import { type InventoryEntry, keyOf, type Ref } from "./ref";

/** Stores a stack's inventory. */
export interface InventoryStore {
    /** The stack's entries, in the order of their first application; empty if there is no inventory. */
    read(): Promise<readonly InventoryEntry[]>;
    /** Replaces the stack's entries; with none, removes its inventory. */
    write(entries: readonly InventoryEntry[]): Promise<void>;
}

export class Inventory {
    private readonly entries = new Map<string, InventoryEntry>();
    private unsaved = false;
    private writing: Promise<void> | undefined;

    private constructor(
        private readonly store: InventoryStore,
        stored: readonly InventoryEntry[],
    ) {
        for (const entry of stored) this.entries.set(keyOf(entry), entry);
    }

    static async load(store: InventoryStore): Promise<Inventory> {
        return new Inventory(store, await store.read());
    }

    all(): readonly InventoryEntry[] {
        return [...this.entries.values()];
    }

    /** Adds entries; resolves once they are stored. Calls during a write share the next one. */
    async ensure(entries: readonly InventoryEntry[]): Promise<void> {
        for (const entry of entries) this.add(entry);
        while (this.unsaved) {
            this.writing ??= this.save();
            await this.writing;
        }
    }

    /** Entries that are not among `kept`: the program no longer declares them. */
    obsolete(kept: readonly Ref[]): InventoryEntry[] {
        const keys = new Set(kept.map(keyOf));
        return this.all().filter((entry) => !keys.has(keyOf(entry)));
    }

    /** Replaces all entries. Call it after the objects of the other entries have been deleted. */
    async replaceAll(entries: readonly InventoryEntry[]): Promise<void> {
        const before = JSON.stringify(this.all());
        this.entries.clear();
        for (const entry of entries) this.entries.set(keyOf(entry), entry);
        if (JSON.stringify(this.all()) !== before) await this.store.write(this.all());
    }

    private add(entry: InventoryEntry): void {
        const known = this.entries.get(keyOf(entry));
        // Removed protection takes effect only after a successful run: until then the object stays protected.
        const protect = entry.protect || (known?.protect ?? false);
        if (known?.protect === protect && known.apiVersion === entry.apiVersion) return;
        this.entries.set(keyOf(entry), { ...entry, protect });
        this.unsaved = true;
    }

    private async save(): Promise<void> {
        this.unsaved = false;
        try {
            await this.store.write(this.all());
        } catch (error) {
            this.unsaved = true;
            throw error;
        } finally {
            this.writing = undefined;
        }
    }
}

/** Formats entries as lines, readable in `kubectl get configmap -o yaml`. */
export function formatEntries(entries: readonly InventoryEntry[]): string {
    return entries
        .map(({ apiVersion, kind, namespace = "-", name, protect }) =>
            [apiVersion, kind, namespace, name, ...(protect ? ["protected"] : [])].join(" "),
        )
        .map((line) => `${line}\n`)
        .join("");
}

/** @throws Error for a malformed line: continuing could leak objects or delete the wrong ones. */
export function parseEntries(text: string): InventoryEntry[] {
    return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
            const [apiVersion, kind, namespace, name, protection, ...rest] = line.split(" ");
            if (
                apiVersion === undefined ||
                kind === undefined ||
                namespace === undefined ||
                name === undefined ||
                (protection !== undefined && protection !== "protected") ||
                rest.length > 0
            ) {
                throw new Error(`the inventory contains a line that this version cannot parse: "${line}"`);
            }
            const ref =
                namespace === "-" ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
            return { ...ref, protect: protection === "protected" };
        });
}
