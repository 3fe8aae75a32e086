import assert from "node:assert/strict";
import { ConfigMapStore } from "../../local/engine/inventory-store";
import type { KubeClient } from "../../local/engine/kube/client";
import { Discovery } from "../../local/engine/kube/discovery";
import { keyOf } from "../../local/engine/ref";
import { Remover } from "../../local/engine/remove";
import { ApiServer } from "./support/api-server";
import { FakeClock } from "./support/clock";
import { service } from "./support/entries";

const PATH = "/api/v1/namespaces/sparc/services/auth";
const ours = {
    name: "auth",
    namespace: "sparc",
    managedFields: [{ manager: "sparc-mesh", operation: "Apply" }],
};

describe("in the cluster", () => {
    let server: ApiServer;
    let client: KubeClient;

    beforeEach(async () => {
        server = await ApiServer.start();
        client = server.client();
    });
    afterEach(async () => {
        await client.close();
        await server.stop();
    });

    describe("removing an object", () => {
        const remover = (): Remover => new Remover(client, new Discovery(client), new FakeClock());

        it("deletes it, and completes when it is deleted", async () => {
            server.put(PATH, { metadata: ours });
            const removal = await remover().remove(service);
            assert.equal(removal?.path, PATH);
            await remover().waitForDeletion(removal);
            assert.equal(server.objects.has(PATH), false);
        });

        it("ignores an object that a killed run only recorded, and another tool created", async () => {
            server.put(PATH, { metadata: { name: "auth", namespace: "sparc" } });
            assert.equal(await remover().remove(service), undefined);
            assert.equal(server.objects.has(PATH), true);
        });

        it("has nothing to do if the object or its kind does not exist", async () => {
            assert.equal(await remover().remove(service), undefined);
            assert.equal(await remover().remove({ ...service, apiVersion: "gone.io/v1" }), undefined);
        });

        it("completes when another object has replaced it", async () => {
            server.put(PATH, { metadata: ours });
            await remover().waitForDeletion({ ref: service, path: PATH, uid: "another" });
        });

        it("reports what blocks the deletion of an object", async () => {
            const status = {
                conditions: [{ status: "True", message: "Some resources are remaining: pods. has 1" }],
            };
            server.put(PATH, { metadata: { ...ours, uid: "u" }, status });
            await assert.rejects(remover().waitForDeletion({ ref: service, path: PATH, uid: "u" }), {
                message:
                    "Service sparc/auth still exists 180 s after its deletion: Some resources are remaining: pods. has 1",
            });
        });
    });

    describe("the inventory", () => {
        const CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/sparc-mesh-inventory";
        const data = (): unknown => server.objects.get(CONFIG_MAP)?.["data"];
        async function opened(stack: string): Promise<ConfigMapStore> {
            const store = new ConfigMapStore(client, stack);
            await store.read();
            return store;
        }

        it("has an entry for each stack, and is removed with the last of them", async () => {
            const [local, dev] = [await opened("local"), await opened("dev")];
            await local.write([service]);
            const web = { ...service, name: "web", protect: true };
            await dev.write([web]);
            assert.deepEqual(data(), {
                local: "v1 Service sparc auth\n",
                dev: "v1 Service sparc web protected\n",
            });
            assert.deepEqual(await new ConfigMapStore(client, "dev").read(), [web]);
            await local.write([]);
            assert.deepEqual(data(), { dev: "v1 Service sparc web protected\n" });
            await dev.write([]);
            assert.equal(server.objects.has(CONFIG_MAP), false);
        });

        it("rejects concurrent writes of two runs of one stack", async () => {
            const [first, second] = [await opened("local"), await opened("local")];
            await first.write([service]);
            await assert.rejects(second.write([]), {
                message: /another deployment of stack "local" to this cluster is in progress/,
            });
        });

        it("rejects an object that another stack has claimed in the meantime", async () => {
            const [local, dev] = [await opened("local"), await opened("dev")];
            await dev.write([service]);
            await assert.rejects(local.write([{ ...service, name: "web" }, service]), {
                name: "ClaimedError",
                message: 'it belongs to stack "dev", which is deployed to this cluster too',
            });
            assert.deepEqual(data(), { dev: "v1 Service sparc auth\n" });
            assert.deepEqual(
                [...(await opened("local").then((store) => store.claims()))],
                [[keyOf(service), "dev"]],
            );
        });

        it("does not have an object that an earlier version let two stacks claim", async () => {
            const web = { ...service, name: "web" };
            server.put(CONFIG_MAP, {
                metadata: { name: "sparc-mesh-inventory", namespace: "kube-system" },
                data: {
                    local: "v1 Service sparc auth\nv1 Service sparc web\n",
                    dev: "v1 Service sparc auth\n",
                },
            });
            const store = new ConfigMapStore(client, "local");
            assert.deepEqual(await store.read(), [web]);
            await store.write([web]);
            assert.deepEqual(data(), { local: "v1 Service sparc web\n", dev: "v1 Service sparc auth\n" });
        });

        it("retries a write if another stack's run came first", async () => {
            const store = await opened("local");
            await store.write([service]);
            let conflicts = 2;
            server.rejection = (method) =>
                method === "PUT" && conflicts-- > 0 ? { status: 409, message: "modified" } : undefined;
            await store.write([service, { ...service, name: "web" }]);
            assert.deepEqual(data(), { local: "v1 Service sparc auth\nv1 Service sparc web\n" });
        });
    });
});
