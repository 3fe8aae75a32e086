import assert from "node:assert/strict";
import type { EngineContext } from "../../local/engine/converge";
import type { Program } from "../../local/engine/program/host";
import { type InventoryEntry, keyOf, releaseRef } from "../../local/engine/ref";
import { policy, service } from "./support/entries";
import { fakeProgram, registrationOf } from "./support/fake-program";
import { go, Recording } from "./support/recording";

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
        assert.deepEqual(world.stored.find((entry) => entry.name === policy.name)?.dependsOn, [keyOf(role)]);
    });
});
