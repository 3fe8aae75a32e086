/**
 * A stack's objects and releases, recorded in the cluster. An entry is written before its object is created and removed after
 * its object is deleted, so the inventory is complete even after a run was killed.
 */
import { type InventoryEntry, keyOf, type Ref } from "./ref";
import { type Clock, systemClock } from "./retry";

/** Stores a stack's inventory. */
export interface InventoryStore {
    /** The stack's entries, in the order of their first application; empty if there is no inventory. */
    read(): Promise<readonly InventoryEntry[]>;
    /** Replaces the stack's entries; with none, removes its inventory. */
    write(entries: readonly InventoryEntry[]): Promise<void>;
}

/** How long new dependencies can be unsaved, in milliseconds: saving each one before its object would take too long. */
const SAVE_INTERVAL_MS = 1000;

export class Inventory {
    private readonly entries = new Map<string, InventoryEntry>();
    /** Whether an entry must be saved before its object is applied. */
    private unsaved = false;
    /** Whether dependencies are unsaved, which only the next deletions need. */
    private unsavedDependencies = false;
    private savedAt: number;
    private writing: Promise<void> | undefined;

    private constructor(
        private readonly store: InventoryStore,
        stored: readonly InventoryEntry[],
        private readonly clock: Pick<Clock, "now">,
        private readonly claimedBy: ReadonlyMap<string, string>,
    ) {
        this.savedAt = clock.now();
        for (const entry of stored) this.entries.set(keyOf(entry), entry);
    }

    /** @param options.claimedBy the other stacks of the cluster, by the keys of their objects @default none */
    static async load(
        store: InventoryStore,
        {
            claimedBy = new Map(),
            clock = systemClock,
        }: { readonly claimedBy?: ReadonlyMap<string, string>; readonly clock?: Pick<Clock, "now"> } = {},
    ): Promise<Inventory> {
        return new Inventory(store, await store.read(), clock, claimedBy);
    }

    /** The stack that an entry's object belongs to; undefined if it is not another one. */
    otherOwner(entry: Ref): string | undefined {
        return this.claimedBy.get(keyOf(entry));
    }

    all(): readonly InventoryEntry[] {
        return [...this.entries.values()];
    }

    /** Adds entries; resolves once they are stored. Calls during a write share the next one. */
    async ensure(entries: readonly InventoryEntry[]): Promise<void> {
        for (const entry of entries) this.add(entry);
        const overdue = this.unsavedDependencies && this.clock.now() - this.savedAt >= SAVE_INTERVAL_MS;
        // A failure becomes that of the next write.
        if (overdue) (this.writing ??= this.save()).catch(() => undefined);
        while (this.unsaved) {
            this.writing ??= this.save();
            await this.writing;
        }
    }

    /** Stores what is not stored yet. */
    async flush(): Promise<void> {
        while (this.unsaved || this.unsavedDependencies || this.writing !== undefined) {
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
        await this.flush();
        const before = formatEntries(this.all());
        this.entries.clear();
        for (const entry of entries) this.entries.set(keyOf(entry), entry);
        if (formatEntries(this.all()) !== before) await this.store.write(this.all());
    }

    private add(entry: InventoryEntry): void {
        const key = keyOf(entry);
        const known = this.entries.get(key);
        // What a deletion must respect takes effect at once, what it need no longer respect only after a successful run:
        // until then the object can be in its old state.
        const protect = entry.protect || (known?.protect ?? false);
        const dependsOn = [...new Set([...(known?.dependsOn ?? []), ...(entry.dependsOn ?? [])])];
        if (known?.protect !== protect || known.apiVersion !== entry.apiVersion) this.unsaved = true;
        else if (dependsOn.length === (known.dependsOn ?? []).length) return;
        this.unsavedDependencies = true;
        this.entries.set(key, { ...entry, protect, ...(dependsOn.length === 0 ? {} : { dependsOn }) });
    }

    private async save(): Promise<void> {
        const { unsaved, unsavedDependencies } = this;
        this.unsaved = false;
        this.unsavedDependencies = false;
        this.savedAt = this.clock.now();
        try {
            await this.store.write(this.all());
        } catch (error) {
            this.unsaved ||= unsaved;
            this.unsavedDependencies ||= unsavedDependencies;
            throw error;
        } finally {
            this.writing = undefined;
        }
    }
}

/** Formats entries as lines, readable in `kubectl get configmap -o yaml`. Dependencies are numbers of lines. */
export function formatEntries(entries: readonly InventoryEntry[]): string {
    const lines = new Map(entries.map((entry, index) => [keyOf(entry), index + 1]));
    return entries
        .map(({ apiVersion, kind, namespace = "-", name, protect, dependsOn = [] }) => {
            // A resource that no longer exists outlives nothing.
            const numbers = dependsOn.flatMap((key) => lines.get(key) ?? []).sort((a, b) => a - b);
            return [
                ...[apiVersion, kind, namespace, name],
                ...(protect ? [PROTECTED] : []),
                ...(numbers.length > 0 ? [`${AFTER}${numbers.join(",")}`] : []),
            ].join(" ");
        })
        .map((line) => `${line}\n`)
        .join("");
}

const PROTECTED = "protected";
/** Precedes the numbers of the lines on which a line depends. */
const AFTER = "depends-on=";

/** @throws Error for a malformed line: continuing could leak objects or delete the wrong ones. */
export function parseEntries(text: string): InventoryEntry[] {
    const lines = text.split("\n").filter((line) => line !== "");
    const parsed = lines.map(parseLine);
    return parsed.map(({ entry, numbers }, index) => {
        const dependsOn = numbers.map((number) => {
            const other = parsed[number - 1];
            if (other === undefined) throw malformed(lines[index] ?? "");
            return keyOf(other.entry);
        });
        return dependsOn.length === 0 ? entry : { ...entry, dependsOn };
    });
}

function parseLine(line: string): { readonly entry: InventoryEntry; readonly numbers: readonly number[] } {
    const [apiVersion, kind, namespace, name, ...more] = line.split(" ");
    if (apiVersion === undefined || kind === undefined || namespace === undefined || name === undefined)
        throw malformed(line);
    const protect = more[0] === PROTECTED;
    const [after, ...rest] = protect ? more.slice(1) : more;
    if (rest.length > 0 || (after !== undefined && !/^depends-on=\d+(,\d+)*$/.test(after)))
        throw malformed(line);
    const ref = namespace === "-" ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
    const numbers = after?.slice(AFTER.length).split(",").map(Number) ?? [];
    return { entry: { ...ref, protect }, numbers };
}

function malformed(line: string): Error {
    return new Error(`the inventory contains a line that this version cannot parse: "${line}"`);
}
