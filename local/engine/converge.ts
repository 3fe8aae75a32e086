/**
 * One run of the in-process engine, step by step: load, check, write down, apply, wait, remove, settle. What it needs
 * from the world comes as an argument, so that tests can end the world at each step.
 */
import { type Outcome } from "./apply";
import { type Inventory } from "./inventory";
import { type Program } from "./program/host";
import { type Planned, type Registration } from "./program/protocol";
import { assertUnprotected, removeAll, type Removers } from "./prune";
import { describeRef, type Entry, keyOf, type Ref } from "./ref";
import { failureOf, messageOf } from "./remedy";
import { plannedEntry, type Request, requestOf } from "./resource";
import { DeployError, type Failure, type ProgressLine } from "./types";

export interface World extends Removers {
    /** Makes an object or release what is asked for; `state` is what the program sees of it. */
    apply(
        request: Exclude<Request, { is: "nothing" }>,
    ): Promise<{ readonly outcome: Outcome; readonly state: Record<string, unknown> }>;
    /** Waits for everything applied to be ready; gives what is not. */
    awaitReady(): Promise<Failure[]>;
}

export type Counts = Readonly<Record<Outcome | "pruned", number>>;

/** @throws DeployError with every failure; what was applied by then is in the inventory. */
export async function converge(
    program: Program,
    inventory: Inventory,
    world: World,
    progress: ProgressLine,
): Promise<Counts> {
    const planned = plannedEntries(await loaded(program));
    assertUnprotected(inventory.vanished(planned), "this deployment");
    if (planned.length > 0) await inventory.ensure(planned);

    const counts = { created: 0, updated: 0, unchanged: 0, pruned: 0 };
    const applied = new Map<string, Entry>();
    const failures: Failure[] = [];
    const attempts = new Set<string>();
    const apply = async (resource: Registration): Promise<Record<string, unknown>> => {
        let ref: Ref = { apiVersion: "", kind: resource.type, name: resource.name };
        try {
            const request = requestOf(resource);
            if (request.is === "nothing") return {};
            ref = request.entry;
            const key = keyOf(ref);
            if (attempts.has(key))
                throw new Error("two resources of the program are this one thing; remove one");
            attempts.add(key);
            await inventory.ensure([request.entry]);
            const { outcome, state } = await world.apply(request);
            counts[outcome]++;
            applied.set(key, request.entry);
            progress(`${applied.size} of ${planned.length} applied, last ${describeRef(ref)}`);
            return state;
        } catch (error) {
            failures.push(failureOf(ref, error));
            throw error;
        }
    };
    const underWay: Promise<unknown>[] = [];
    const register = (resource: Registration): Promise<Record<string, unknown>> => {
        const applying = apply(resource);
        underWay.push(applying);
        return applying;
    };
    const programFailure = await program.run(register).then(
        () => undefined,
        (error: unknown) => ownFailure(error),
    );
    // A program that crashes leaves what it has asked for under way.
    await Promise.allSettled(underWay);
    if (failures.length > 0) throw new DeployError(`${failures.length} could not be applied`, failures);
    if (programFailure !== undefined) throw programFailure;

    const unready = await world.awaitReady();
    if (unready.length > 0) throw new DeployError("everything is applied, but not all is ready", unready);

    // In the order in which they first came, which a run without changes finds again and need not write.
    const kept = inventory.all().filter((entry) => applied.has(keyOf(entry)));
    const vanished = inventory.vanished(kept);
    assertUnprotected(vanished, "this deployment");
    counts.pruned = await removeAll(vanished, world, progress);
    await inventory.settle(kept.map((entry) => applied.get(keyOf(entry)) ?? entry));
    return counts;
}

async function loaded(program: Program): Promise<readonly Planned[]> {
    try {
        return await program.load();
    } catch (error) {
        throw ownFailure(error, "; nothing has been changed");
    }
}

function ownFailure(error: unknown, consequence = ""): DeployError {
    return new DeployError(`the program failed${consequence}`, [
        { what: "index.ts", message: messageOf(error), remedy: "correct what it names and run again" },
    ]);
}

function plannedEntries(planned: readonly Planned[]): Entry[] {
    return planned.flatMap((one) => plannedEntry(one) ?? []);
}
