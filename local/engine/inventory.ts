/**
 * What a stack has in the cluster, kept in the cluster. Whatever happens, it names at least all that is there: an
 * object's name is written before the object is, and crossed out after it is gone. So a run that is killed leaves
 * nothing that the next run does not know.
 */
import { type Entry, keyOf, type Ref } from "./ref";

/** Where a stack's inventory is kept. */
export interface InventoryStore {
    /** The stack's entries in the order in which they were first applied; none where there is no inventory. */
    read(): Promise<readonly Entry[]>;
    /** Replaces the stack's entries; with none, removes its inventory. */
    write(entries: readonly Entry[]): Promise<void>;
}

export class Inventory {
    private readonly entries = new Map<string, Entry>();
    private unsaved = false;
    private writing: Promise<void> | undefined;

    private constructor(
        private readonly store: InventoryStore,
        stored: readonly Entry[],
    ) {
        for (const entry of stored) this.entries.set(keyOf(entry), entry);
    }

    static async load(store: InventoryStore): Promise<Inventory> {
        return new Inventory(store, await store.read());
    }

    all(): readonly Entry[] {
        return [...this.entries.values()];
    }

    /** Adds entries; resolves once the store has them. What is asked for while a write is on its way shares the next. */
    async ensure(wanted: readonly Entry[]): Promise<void> {
        for (const entry of wanted) this.add(entry);
        while (this.unsaved) {
            this.writing ??= this.save();
            await this.writing;
        }
    }

    /** Entries that are not among `kept`: what has vanished from the program. */
    vanished(kept: readonly Ref[]): Entry[] {
        const keys = new Set(kept.map(keyOf));
        return this.all().filter((entry) => !keys.has(keyOf(entry)));
    }

    /** Replaces everything by exactly `entries`; to be called when the rest is gone. */
    async settle(entries: readonly Entry[]): Promise<void> {
        const before = JSON.stringify(this.all());
        this.entries.clear();
        for (const entry of entries) this.entries.set(keyOf(entry), entry);
        if (JSON.stringify(this.all()) !== before) await this.store.write(this.all());
    }

    private add(entry: Entry): void {
        const known = this.entries.get(keyOf(entry));
        // Protection that is lifted counts only when the run has ended well: until then the stricter of both holds.
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

/** Entries as lines that people can read in `kubectl get configmap -o yaml`. */
export function formatEntries(entries: readonly Entry[]): string {
    return entries
        .map(({ apiVersion, kind, namespace = "-", name, protect }) =>
            [apiVersion, kind, namespace, name, ...(protect ? ["protected"] : [])].join(" "),
        )
        .map((line) => `${line}\n`)
        .join("");
}

/** @throws Error where a line is none that `formatEntries` writes: to go on would leak or delete the wrong things. */
export function parseEntries(text: string): Entry[] {
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
                throw new Error(`the inventory holds a line that this version cannot read: "${line}"`);
            }
            const ref =
                namespace === "-" ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
            return { ...ref, protect: protection === "protected" };
        });
}
