import assert from "node:assert/strict";
import { ConfigMapStore } from "../../local/engine/inventory-store";
import type { KubeClient } from "../../local/engine/kube/client";
import { Discovery } from "../../local/engine/kube/discovery";
import type { Entry } from "../../local/engine/ref";
import { Remover } from "../../local/engine/remove";
import { ApiServer } from "./support/api-server";
import { FakeClock } from "./support/clock";

const PATH = "/api/v1/namespaces/sparc/services/auth";
const service: Entry = {
    apiVersion: "v1",
    kind: "Service",
    namespace: "sparc",
    name: "auth",
    protect: false,
};
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

        it("deletes it, and is over when it is gone", async () => {
            server.put(PATH, { metadata: ours });
            const removal = await remover().remove(service);
            assert.equal(removal?.path, PATH);
            await remover().untilGone(removal);
            assert.equal(server.objects.has(PATH), false);
        });

        it("leaves alone what a killed run has only named, and somebody else has made", async () => {
            server.put(PATH, { metadata: { name: "auth", namespace: "sparc" } });
            assert.equal(await remover().remove(service), undefined);
            assert.equal(server.objects.has(PATH), true);
        });

        it("has nothing to do where the object or its kind is gone", async () => {
            assert.equal(await remover().remove(service), undefined);
            assert.equal(await remover().remove({ ...service, apiVersion: "gone.io/v1" }), undefined);
        });

        it("is over when another object stands in its place", async () => {
            server.put(PATH, { metadata: ours });
            await remover().untilGone({ ref: service, path: PATH, uid: "another" });
        });

        it("says what holds back an object that does not go", async () => {
            const status = {
                conditions: [{ status: "True", message: "Some resources are remaining: pods. has 1" }],
            };
            server.put(PATH, { metadata: { ...ours, uid: "u" }, status });
            await assert.rejects(remover().untilGone({ ref: service, path: PATH, uid: "u" }), {
                message:
                    "Service sparc/auth was deleted 180 s ago and is still there: Some resources are remaining: pods. has 1",
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

        it("has a text for each stack, and is gone with the last of them", async () => {
            const [local, dev] = [await opened("local"), await opened("dev")];
            await local.write([service]);
            await dev.write([{ ...service, protect: true }]);
            assert.deepEqual(data(), {
                local: "v1 Service sparc auth\n",
                dev: "v1 Service sparc auth protected\n",
            });
            assert.deepEqual(await new ConfigMapStore(client, "dev").read(), [{ ...service, protect: true }]);
            await local.write([]);
            assert.deepEqual(data(), { dev: "v1 Service sparc auth protected\n" });
            await dev.write([]);
            assert.equal(server.objects.has(CONFIG_MAP), false);
        });

        it("is not written by two runs of one stack", async () => {
            const [first, second] = [await opened("local"), await opened("local")];
            await first.write([service]);
            await assert.rejects(second.write([]), {
                message: /another deployment of stack "local" is changing this cluster/,
            });
        });

        it("is written again where another stack's run came first", async () => {
            const store = await opened("local");
            await store.write([service]);
            let conflicts = 2;
            server.refuse = (method) =>
                method === "PUT" && conflicts-- > 0 ? { status: 409, message: "modified" } : undefined;
            await store.write([service, { ...service, name: "web" }]);
            assert.deepEqual(data(), { local: "v1 Service sparc auth\nv1 Service sparc web\n" });
        });
    });
});
