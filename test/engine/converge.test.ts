import assert from "node:assert/strict";
import { Inventory } from "../../local/engine/inventory";
import type { Program } from "../../local/engine/program/host";
import { type InventoryEntry, keyOf, releaseRef } from "../../local/engine/ref";
import { type DeployError } from "../../local/engine/types";
import { policy, service } from "./support/entries";
import { fakeProgram, registrationOf } from "./support/fake-program";
import { go, Recording } from "./support/recording";

const namespace: InventoryEntry = { apiVersion: "v1", kind: "Namespace", name: "sparc", protect: true };

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
