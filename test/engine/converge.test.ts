import assert from "node:assert/strict";
import { converge, type EngineContext } from "../../local/engine/converge";
import { Inventory } from "../../local/engine/inventory";
import type { Program } from "../../local/engine/program/host";
import { type InventoryEntry, keyOf, releaseRef } from "../../local/engine/ref";
import { type DeployError } from "../../local/engine/types";
import { fakeProgram, registrationOf } from "./support/fake-program";

const namespace: InventoryEntry = { apiVersion: "v1", kind: "Namespace", name: "sparc", protect: true };
const service: InventoryEntry = {
    apiVersion: "v1",
    kind: "Service",
    namespace: "sparc",
    name: "auth",
    protect: false,
};
const policy: InventoryEntry = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    namespace: "sparc",
    name: "deny",
    protect: false,
};

/** A cluster that records operations. */
class Recording implements EngineContext {
    readonly done: string[] = [];
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

    waitForDeletion(_removal: Parameters<EngineContext["waitForDeletion"]>[0]): Promise<void> {
        return Promise.resolve();
    }

    removeRelease(entry: Parameters<EngineContext["removeRelease"]>[0]): Promise<boolean> {
        this.done.push(`remove ${keyOf(entry)}`);
        return Promise.resolve(true);
    }

    releasePatch(entry: Parameters<EngineContext["releasePatch"]>[0]): Promise<boolean> {
        this.done.push(`release ${keyOf(entry)}`);
        return Promise.resolve(true);
    }
}

function go(program: Program, inventory: Inventory, world: EngineContext): ReturnType<typeof converge> {
    return converge(program, inventory, world, () => undefined);
}

describe("converge", () => {
    it("releases a patch that the program no longer declares, and does not delete the object", async () => {
        const world = new Recording();
        const patch = { ...service, apiVersion: "apps/v1", kind: "Deployment(patch)" };
        const inventory = await world.inventory([patch, service]);
        const { pruned } = await go(fakeProgram([service]), inventory, world);
        assert.equal(pruned, 1);
        assert.deepEqual(world.done, [`apply ${keyOf(service)}`, `release ${keyOf(patch)}`]);
        assert.deepEqual(world.stored, [service]);
    });

    it("refuses to remove protected objects, before it changes anything", async () => {
        const world = new Recording();
        const inventory = await world.inventory([namespace, service]);
        await assert.rejects(go(fakeProgram([service]), inventory, world), (error: DeployError) => {
            assert.match(
                error.message,
                /nothing was deleted\n {2}- Namespace sparc: it is protected\n {4}→ keep it/,
            );
            return true;
        });
        assert.deepEqual(world.done, []);
        assert.deepEqual(world.stored, [namespace, service]);
    });

    it("changes nothing if the program does not load", async () => {
        const world = new Recording();
        const inventory = await world.inventory([service]);
        const program = {
            ...fakeProgram([]),
            load: () => Promise.reject(new Error("catalogue: 3 mistakes")),
        };
        await assert.rejects(go(program, inventory, world), {
            name: "DeployError",
            message: /the program failed; nothing was changed\n {2}- index\.ts: catalogue: 3 mistakes/,
        });
        assert.deepEqual(world.done, []);
    });

    it("removes nothing if the program exits early, and waits for started operations", async () => {
        const world = new Recording();
        const inventory = await world.inventory([policy]);
        const program: Program = {
            ...fakeProgram([service]),
            run: (register) => {
                void register(registrationOf(service));
                return Promise.reject(new Error("its process ended with SIGKILL"));
            },
        };
        await assert.rejects(go(program, inventory, world), { message: /the program failed\n.*SIGKILL/ });
        assert.deepEqual(world.done, [`apply ${keyOf(service)}`]);
        assert.deepEqual(world.stored, [policy, service]);
    });

    it("applies what it can, reports all failures, and then removes nothing", async () => {
        const world = new Recording();
        const inventory = await world.inventory([policy]);
        const broken = { ...service, name: "broken" };
        const alsoBroken = { ...broken, namespace: "databases" };
        await assert.rejects(
            go(fakeProgram([broken, service, alsoBroken]), inventory, world),
            (error: DeployError) => {
                assert.deepEqual(
                    error.failures.map(({ what }) => what),
                    ["Service sparc/broken", "Service databases/broken"],
                );
                assert.match(
                    error.message,
                    /^2 resources could not be applied\n {2}- Service sparc\/broken, Service databases\/broken: spec\.rules: Required value\n {4}→ /,
                );
                return true;
            },
        );
        assert.deepEqual(world.done, [`apply ${keyOf(service)}`]);
        assert.deepEqual(
            new Set(world.stored.map(keyOf)),
            new Set([policy, broken, service, alsoBroken].map(keyOf)),
        );
    });

    it("removes nothing until all workloads are ready", async () => {
        const world = new Recording();
        world.unready = [
            { what: "Deployment sparc/auth", message: "0 of 1 pods are available", remedy: "look" },
        ];
        await assert.rejects(go(fakeProgram([service]), await world.inventory([policy]), world), {
            message: /everything is applied, but not everything is ready\n {2}- Deployment sparc\/auth/,
        });
        assert.deepEqual(world.done, [`apply ${keyOf(service)}`]);
    });

    it("rejects two resources for one object", async () => {
        const world = new Recording();
        await assert.rejects(go(fakeProgram([service, service]), await world.inventory(), world), {
            message:
                /Service sparc\/auth: the program declares this object twice; remove one of the resources/,
        });
    });

    it("applies first, then removes objects before releases before namespaces", async () => {
        const world = new Recording();
        const removed = [
            { ...namespace, protect: false },
            { ...releaseRef("sparc", "gateway"), protect: false },
            policy,
        ];
        await go(fakeProgram([service]), await world.inventory(removed), world);
        assert.deepEqual(world.done, [
            `apply ${keyOf(service)}`,
            ...[...removed].reverse().map((entry) => `remove ${keyOf(entry)}`),
        ]);
        assert.deepEqual(world.stored, [service]);
    });

    describe("removing what depends on each other", () => {
        const group = "flagger.app/v1beta1";
        const role: InventoryEntry = {
            ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" },
            ...{ namespace: "sparc", name: "flagger", protect: false },
        };
        const network: InventoryEntry = {
            ...{ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
            ...{ namespace: "flagger-system", name: "flagger", protect: false },
        };
        const flagger: InventoryEntry = {
            ...releaseRef("flagger-system", "flagger"),
            protect: false,
            dependsOn: [keyOf(role), keyOf(network)],
        };
        const canary: InventoryEntry = {
            ...{ apiVersion: group, kind: "Canary", namespace: "sparc", name: "auth", protect: false },
            dependsOn: [keyOf(flagger)],
        };
        const delivery = [role, network, flagger, canary];

        /** A Canary has a finalizer: it is gone once Flagger, with its rights and its network, has released it. */
        class WithFlagger extends Recording {
            readonly present = new Set(delivery.map(keyOf));

            override async removeObject(
                entry: Parameters<EngineContext["removeObject"]>[0],
            ): ReturnType<EngineContext["removeObject"]> {
                await super.removeObject(entry);
                if (entry.kind !== "Canary") this.present.delete(keyOf(entry));
                return { ref: entry, path: "", uid: "" };
            }

            override async waitForDeletion({
                ref,
            }: Parameters<EngineContext["waitForDeletion"]>[0]): Promise<void> {
                if (ref.kind !== "Canary") return;
                await new Promise(setImmediate);
                const able = [role, network, flagger].every((entry) => this.present.has(keyOf(entry)));
                if (!able) throw new Error("Canary sparc/auth still exists 180 s after its deletion");
            }

            override removeRelease(
                entry: Parameters<EngineContext["removeRelease"]>[0],
            ): ReturnType<EngineContext["removeRelease"]> {
                this.present.delete(keyOf(entry));
                return super.removeRelease(entry);
            }
        }

        it("ends: Flagger can release its Canaries, and its release goes before its rights", async () => {
            const world = new WithFlagger();
            await go(fakeProgram([service, ...delivery]), await world.inventory(), world);
            world.done.length = 0;
            const counts = await go(fakeProgram([service]), await world.inventory(world.stored), world);
            assert.equal(counts.pruned, 4);
            const removed = world.done.filter((step) => step.startsWith("remove"));
            assert.deepEqual(removed.slice(0, 2), [`remove ${keyOf(canary)}`, `remove ${keyOf(flagger)}`]);
            assert.deepEqual(
                new Set(removed.slice(2)),
                new Set([role, network].map((one) => `remove ${keyOf(one)}`)),
            );
        });

        it("respects dependencies through components, which have no object", async () => {
            const world = new Recording();
            const component = {
                ...registrationOf(service),
                ...{ urn: "urn:pulumi:test::test::sparc:mesh:Access::access", type: "sparc:mesh:Access" },
                ...{ custom: false, dependencies: [registrationOf(role).urn] },
            };
            const program: Program = {
                ...fakeProgram([role, policy]),
                run: async (register) => {
                    await register(registrationOf(role));
                    await register(component);
                    await register({ ...registrationOf(policy), dependencies: [component.urn] });
                },
            };
            await go(program, await world.inventory(), world);
            assert.deepEqual(world.stored.find((entry) => entry.name === policy.name)?.dependsOn, [
                keyOf(role),
            ]);
        });
    });

    it("changes nothing of another stack, and names all of its objects at once", async () => {
        const world = new Recording();
        world.stored = [policy];
        const claimedBy = new Map([service, namespace].map((entry) => [keyOf(entry), "production"]));
        const inventory = await Inventory.load(
            { read: () => Promise.resolve(world.stored), write: () => assert.fail("written") },
            { claimedBy },
        );
        await assert.rejects(
            go(fakeProgram([namespace, service]), inventory, world),
            (error: DeployError) => {
                assert.equal(
                    error.message,
                    "another stack has deployed some of these resources; nothing was changed\n" +
                        '  - Namespace sparc, Service sparc/auth: it belongs to stack "production", which is deployed to this cluster too\n' +
                        "    → remove it from one of the two stacks, or deploy this stack to another cluster",
                );
                return true;
            },
        );
        assert.deepEqual(world.done, []);
    });

    it("refuses an object of another stack whose name is known only late, and prunes nothing", async () => {
        const world = new Recording();
        await world.inventory([policy]);
        const inventory = await Inventory.load(
            {
                read: () => Promise.resolve(world.stored),
                write: (written) => Promise.resolve(void (world.stored = written)),
            },
            { claimedBy: new Map([[keyOf(service), "production"]]) },
        );
        await assert.rejects(
            go(
                fakeProgram([service], () => true),
                inventory,
                world,
            ),
            { message: /Service sparc\/auth: it belongs to stack "production"/ },
        );
        assert.deepEqual(world.done, []);
        assert.deepEqual(world.stored, [policy]);
    });
});
