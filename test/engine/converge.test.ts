import assert from "node:assert/strict";
import { converge, type World } from "../../local/engine/converge";
import { Inventory } from "../../local/engine/inventory";
import type { Program } from "../../local/engine/program/host";
import { type Entry, keyOf, releaseRef } from "../../local/engine/ref";
import { type DeployError } from "../../local/engine/types";
import { fakeProgram, registrationOf } from "./support/fake-program";

const namespace: Entry = { apiVersion: "v1", kind: "Namespace", name: "sparc", protect: true };
const service: Entry = {
    apiVersion: "v1",
    kind: "Service",
    namespace: "sparc",
    name: "auth",
    protect: false,
};
const policy: Entry = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    namespace: "sparc",
    name: "deny",
    protect: false,
};

/** Records what is done to it. */
class Recording implements World {
    readonly done: string[] = [];
    stored: readonly Entry[] = [];
    unready: { what: string; message: string; remedy: string }[] = [];

    inventory(entries: readonly Entry[] = []): Promise<Inventory> {
        this.stored = entries;
        return Inventory.load({
            read: () => Promise.resolve(this.stored),
            write: (written) => {
                this.stored = written;
                return Promise.resolve();
            },
        });
    }

    apply({ entry }: Parameters<World["apply"]>[0]): ReturnType<World["apply"]> {
        if (entry.name === "broken") return Promise.reject(new Error("spec.rules: Required value"));
        this.done.push(`apply ${keyOf(entry)}`);
        return Promise.resolve({ outcome: "created", state: {} });
    }

    awaitReady(): ReturnType<World["awaitReady"]> {
        return Promise.resolve(this.unready);
    }

    removeObject(entry: Parameters<World["removeObject"]>[0]): ReturnType<World["removeObject"]> {
        this.done.push(`remove ${keyOf(entry)}`);
        return Promise.resolve(undefined);
    }

    untilGone(): Promise<void> {
        return Promise.resolve();
    }

    removeRelease(entry: Parameters<World["removeRelease"]>[0]): Promise<boolean> {
        this.done.push(`remove ${keyOf(entry)}`);
        return Promise.resolve(true);
    }
}

function go(program: Program, inventory: Inventory, world: World): ReturnType<typeof converge> {
    return converge(program, inventory, world, () => undefined);
}

describe("converge", () => {
    it("refuses to lose what is protected, before it changes anything", async () => {
        const world = new Recording();
        const inventory = await world.inventory([namespace, service]);
        await assert.rejects(go(fakeProgram([service]), inventory, world), (error: DeployError) => {
            assert.match(
                error.message,
                /nothing has been deleted\n {2}- Namespace sparc: it is protected\n {4}→ keep it/,
            );
            return true;
        });
        assert.deepEqual(world.done, []);
        assert.deepEqual(world.stored, [namespace, service]);
    });

    it("changes nothing where the program does not load", async () => {
        const world = new Recording();
        const inventory = await world.inventory([service]);
        const program = {
            ...fakeProgram([]),
            load: () => Promise.reject(new Error("catalogue: 3 mistakes")),
        };
        await assert.rejects(go(program, inventory, world), {
            name: "DeployError",
            message: /the program failed; nothing has been changed\n {2}- index\.ts: catalogue: 3 mistakes/,
        });
        assert.deepEqual(world.done, []);
    });

    it("removes nothing where the program ends halfway, and waits for what it had begun", async () => {
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

    it("does what it can, names all that failed, and removes nothing then", async () => {
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
                    /^2 could not be applied\n {2}- Service sparc\/broken, Service databases\/broken: spec\.rules: Required value\n {4}→ /,
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

    it("removes nothing while not all is ready", async () => {
        const world = new Recording();
        world.unready = [
            { what: "Deployment sparc/auth", message: "0 of 1 pods are available", remedy: "look" },
        ];
        await assert.rejects(go(fakeProgram([service]), await world.inventory([policy]), world), {
            message: /everything is applied, but not all is ready\n {2}- Deployment sparc\/auth/,
        });
        assert.deepEqual(world.done, [`apply ${keyOf(service)}`]);
    });

    it("refuses two resources that are one object", async () => {
        const world = new Recording();
        await assert.rejects(go(fakeProgram([service, service]), await world.inventory(), world), {
            message: /Service sparc\/auth: two resources of the program are this one thing; remove one/,
        });
    });

    it("applies first, then removes objects before releases before namespaces", async () => {
        const world = new Recording();
        const gone = [
            { ...namespace, protect: false },
            { ...releaseRef("sparc", "gateway"), protect: false },
            policy,
        ];
        await go(fakeProgram([service]), await world.inventory(gone), world);
        assert.deepEqual(world.done, [
            `apply ${keyOf(service)}`,
            ...[...gone].reverse().map((entry) => `remove ${keyOf(entry)}`),
        ]);
        assert.deepEqual(world.stored, [service]);
    });
});
