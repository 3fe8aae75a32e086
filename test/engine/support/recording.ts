import { converge, type EngineContext } from "../../../local/engine/converge";
import { Inventory } from "../../../local/engine/inventory";
import type { Program } from "../../../local/engine/program/host";
import { type InventoryEntry, keyOf } from "../../../local/engine/ref";

/** A cluster that records operations. */
export class Recording implements EngineContext {
    readonly done: string[] = [];
    /** The keys of the objects whose deletion was awaited. */
    readonly waited: string[] = [];
    stored: readonly InventoryEntry[] = [];
    unready: { what: string; message: string; remedy: string }[] = [];

    inventory(entries: readonly InventoryEntry[] = []): Promise<Inventory> {
        this.stored = entries;
        return Inventory.load({
            read: () => Promise.resolve(this.stored),
            write: (written) => {
                this.stored = written;
                return Promise.resolve();
            },
        });
    }

    apply({ entry }: Parameters<EngineContext["apply"]>[0]): ReturnType<EngineContext["apply"]> {
        if (entry.name === "broken") return Promise.reject(new Error("spec.rules: Required value"));
        this.done.push(`apply ${keyOf(entry)}`);
        return Promise.resolve({ outcome: "created", state: {} });
    }

    awaitReady(): ReturnType<EngineContext["awaitReady"]> {
        return Promise.resolve(this.unready);
    }

    assertUnused(): Promise<void> {
        return Promise.resolve();
    }

    finish(): Promise<void> {
        return Promise.resolve();
    }

    removeObject(
        entry: Parameters<EngineContext["removeObject"]>[0],
    ): ReturnType<EngineContext["removeObject"]> {
        this.done.push(`remove ${keyOf(entry)}`);
        return Promise.resolve(undefined);
    }

    waitForDeletion({ ref }: Parameters<EngineContext["waitForDeletion"]>[0]): Promise<void> {
        this.waited.push(keyOf(ref));
        return Promise.resolve();
    }

    releasePatch(entry: Parameters<EngineContext["releasePatch"]>[0]): Promise<boolean> {
        this.done.push(`release ${keyOf(entry)}`);
        return Promise.resolve(true);
    }

    removeRelease(entry: Parameters<EngineContext["removeRelease"]>[0]): Promise<boolean> {
        this.done.push(`remove ${keyOf(entry)}`);
        return Promise.resolve(true);
    }
}

export function go(
    program: Program,
    inventory: Inventory,
    world: EngineContext,
): ReturnType<typeof converge> {
    return converge(program, inventory, world, () => undefined);
}
