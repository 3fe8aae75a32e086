/**
 * One run of the in-process engine: load the program, check protection, record in the inventory, apply, wait, prune, update
 * the inventory. Its environment is a parameter, so that tests can interrupt it at each step.
 */
import { type ApplyOutcome } from "./apply";
import { type Inventory } from "./inventory";
import { INVENTORY_NAME } from "./inventory-store";
import { ClaimedError } from "./kube/errors";
import { type Program } from "./program/host";
import { type Planned, type Registration } from "./program/protocol";
import { assertUnprotected, removeAll, type Removers } from "./prune";
import { describeRef, type InventoryEntry, keyOf, type Ref } from "./ref";
import { failureOf, messageOf } from "./remedy";
import { plannedEntry, type ResourceRequest, requestOf } from "./resource";
import { DeployError, type Failure, type ProgressLine } from "./types";

export interface EngineContext extends Removers {
    /**
     * Applies an object or release once those that it depends on are ready; `state` becomes the resource's outputs.
     *
     * @param dependsOn keys of objects and releases
     */
    apply(
        request: Exclude<ResourceRequest, { is: "nothing" }>,
        dependsOn: readonly string[],
    ): Promise<{ readonly outcome: ApplyOutcome; readonly state: Record<string, unknown> }>;
    /** @throws DeployError if what the program no longer declares is still in use; nothing has changed then. */
    assertUnused(obsolete: readonly Ref[]): Promise<void>;
    /** Waits until all applied objects are ready; returns those that are not. */
    awaitReady(): Promise<Failure[]>;
    /** Applies what must come last, after everything else is ready. */
    finish(): Promise<void>;
}

export type Counts = Readonly<Record<ApplyOutcome | "pruned", number>>;

/** @throws DeployError with all failures; everything applied until then is in the inventory. */
export async function converge(
    program: Program,
    inventory: Inventory,
    context: EngineContext,
    progress: ProgressLine,
): Promise<Counts> {
    const planned = plannedEntries(await loaded(program));
    assertUnclaimed(planned, inventory);
    assertUnprotected(inventory.obsolete(planned), "this deployment");
    await context.assertUnused(inventory.obsolete(planned));
    if (planned.length > 0) await inventory.ensure(planned);

    const counts = { created: 0, updated: 0, unchanged: 0, pruned: 0 };
    const applied = new Map<string, InventoryEntry>();
    const failures: Failure[] = [];
    const attempts = new Set<string>();
    const outliving = new Dependencies();
    const apply = async (resource: Registration): Promise<Record<string, unknown>> => {
        let ref: Ref = { apiVersion: "", kind: resource.type, name: resource.name };
        try {
            const request = requestOf(resource);
            const dependsOn = outliving.of(resource);
            if (request.is === "nothing") {
                outliving.set(resource, dependsOn);
                return {};
            }
            ref = request.entry;
            const key = keyOf(ref);
            outliving.set(resource, [key]);
            if (attempts.has(key))
                throw new Error("the program declares this object twice; remove one of the resources");
            attempts.add(key);
            const owner = inventory.otherOwner(ref);
            if (owner !== undefined) throw new ClaimedError(owner);
            const entry = dependsOn.length === 0 ? request.entry : { ...request.entry, dependsOn };
            await inventory.ensure([entry]);
            const { outcome, state } = await context.apply(request, dependsOn);
            counts[outcome]++;
            applied.set(key, entry);
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
        (error: unknown) => programError(error),
    );
    // Registrations of a program that crashed may still be in progress.
    await Promise.allSettled(underWay);
    // Only later deletions need what is not stored yet: a failure to do so must not hide the others.
    await inventory.flush().catch((error: unknown) => void failures.push(failureOf(INVENTORY, error)));
    if (failures.length > 0)
        throw new DeployError(
            `${failures.length === 1 ? "1 resource" : `${failures.length} resources`} could not be applied`,
            failures,
        );
    if (programFailure !== undefined) throw programFailure;

    const unready = await context.awaitReady();
    if (unready.length > 0)
        throw new DeployError("everything is applied, but not everything is ready", unready);
    await context.finish();

    // In the order of their first registration, so that a run without changes does not write the inventory.
    const kept = inventory.all().filter((entry) => applied.has(keyOf(entry)));
    const obsolete = inventory.obsolete(kept);
    assertUnprotected(obsolete, "this deployment");
    await context.assertUnused(obsolete);
    counts.pruned = await removeAll(obsolete, inventory.all(), context, progress);
    await inventory.replaceAll(kept.map((entry) => applied.get(keyOf(entry)) ?? entry));
    return counts;
}

/** The inventory itself, in failures. */
const INVENTORY: Ref = {
    apiVersion: "v1",
    kind: "ConfigMap",
    namespace: "kube-system",
    name: INVENTORY_NAME,
};

/** The keys of the objects and releases that must outlive each resource, from the URNs of its dependencies. */
class Dependencies {
    private readonly keysByUrn = new Map<string, readonly string[]>();

    of({ dependencies }: Registration): string[] {
        return [...new Set(dependencies.flatMap((urn) => this.keysByUrn.get(urn) ?? []))];
    }

    /** @param keys the resource's own; for a component or a provider, which has none, those that it depends on */
    set({ urn }: Registration, keys: readonly string[]): void {
        this.keysByUrn.set(urn, keys);
    }
}

/** How many objects an error message names. */
const MAX_NAMED = 5;

/** @throws DeployError if another stack has deployed some of `planned` to this cluster */
function assertUnclaimed(planned: readonly InventoryEntry[], inventory: Inventory): void {
    const stacks = new Set(planned.flatMap((entry) => inventory.otherOwner(entry) ?? []));
    const failures = [...stacks].flatMap((stack): Failure[] => {
        const entries = planned.filter((entry) => inventory.otherOwner(entry) === stack);
        const [first] = entries;
        if (first === undefined) return [];
        const names = entries.slice(0, MAX_NAMED).map(describeRef).join(", ");
        const more = entries.length > MAX_NAMED ? ` and ${entries.length - MAX_NAMED} more` : "";
        return [{ ...failureOf(first, new ClaimedError(stack)), what: `${names}${more}` }];
    });
    if (failures.length === 0) return;
    throw new DeployError(
        "another stack has deployed some of these resources; nothing was changed",
        failures,
    );
}

async function loaded(program: Program): Promise<readonly Planned[]> {
    try {
        return await program.load();
    } catch (error) {
        throw programError(error, "; nothing was changed");
    }
}

function programError(error: unknown, consequence = ""): DeployError {
    return new DeployError(`the program failed${consequence}`, [
        { what: "index.ts", message: messageOf(error), remedy: "fix the reported cause and run again" },
    ]);
}

function plannedEntries(planned: readonly Planned[]): InventoryEntry[] {
    return planned.flatMap((one) => plannedEntry(one) ?? []);
}
