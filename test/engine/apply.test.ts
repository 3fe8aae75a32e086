import assert from "node:assert/strict";
import { Applier, outcomeOf } from "../../local/engine/apply";
import type { KubeClient } from "../../local/engine/kube/client";
import { Discovery } from "../../local/engine/kube/discovery";
import { Snapshot } from "../../local/engine/kube/snapshot";
import { Remover } from "../../local/engine/remove";
import type { KubeObject } from "../../local/engine/resource";
import { ApiServer } from "./support/api-server";
import { FakeClock } from "./support/clock";

const config: KubeObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "sparc" },
    data: { x: "1" },
};
const PATH = "/api/v1/namespaces/sparc/configmaps/a";
const policy: KubeObject = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: "deny", namespace: "sparc" },
    spec: {},
};

describe("applying", () => {
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

    /** An applier as a run has it: what was there is what was there when the run began. */
    function applier(): Applier {
        const clock = new FakeClock();
        const discovery = new Discovery(client);
        return new Applier(
            client,
            discovery,
            new Snapshot(client),
            new Remover(client, discovery, clock),
            clock,
        );
    }

    it("creates, leaves alone and updates, and says which", async () => {
        assert.equal((await applier().apply(config, true)).outcome, "created");
        assert.equal((await applier().apply(config, true)).outcome, "unchanged");
        const { outcome, object } = await applier().apply({ ...config, data: { x: "2" } }, true);
        assert.equal(outcome, "updated");
        assert.deepEqual(object["data"], { x: "2" });
    });

    it("asks once for each kind, not for each object", async () => {
        const one = applier();
        const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
        await Promise.all(
            names.map((name) => one.apply({ ...config, metadata: { name, namespace: "sparc" } }, true)),
        );
        assert.equal(server.requests.filter((request) => request.startsWith("GET")).length, 2);
        assert.equal(server.requests.filter((request) => request.startsWith("PATCH")).length, 20);
    });

    it("does not overwrite what somebody else has made", async () => {
        server.put(PATH, { metadata: { name: "a", namespace: "sparc" }, data: { x: "theirs" } });
        await assert.rejects(applier().apply(config, true), { name: "ForeignObjectError" });
        assert.deepEqual(server.objects.get(PATH)?.["data"], { x: "theirs" });
    });

    it("owns something even of an object that is but a name, and so knows it again", async () => {
        const bare = { apiVersion: "v1", kind: "Namespace", metadata: { name: "sparc" } };
        await applier().apply(bare, true);
        const labels = { "sparc.dev/handed-over": "in-process" };
        assert.deepEqual(server.objects.get("/api/v1/namespaces/sparc")?.metadata["labels"], labels);
        await applier().apply(config, true);
        assert.equal(server.objects.get(PATH)?.metadata["labels"], undefined);
    });

    it("touches nothing that another stack or a GitOps tool applied, whatever its labels say", async () => {
        const labels = { "app.kubernetes.io/managed-by": "sparc-mesh" };
        server.put(PATH, { metadata: { name: "a", namespace: "sparc", labels } });
        await assert.rejects(applier().apply(config, true), { name: "ForeignObjectError" });
    });

    it("takes over what a person has handed over", async () => {
        const labels = { "sparc.dev/handed-over": "in-process" };
        server.put(PATH, { metadata: { name: "a", namespace: "sparc", labels } });
        assert.equal((await applier().apply(config, true)).outcome, "updated");
    });

    it("waits for a kind that a release has only just brought", async () => {
        let looks = 0;
        server.refuse = (_method, path) => {
            if (path === "/apis/security.istio.io/v1" && ++looks === 3) {
                server.serve(path, "AuthorizationPolicy", "authorizationpolicies");
            }
            return undefined;
        };
        assert.equal((await applier().apply(policy, true)).outcome, "created");
        assert.equal(looks, 3);
    });

    it("gives up on a kind that never comes, and says so", async () => {
        await assert.rejects(applier().apply(policy, true), {
            name: "NotServedError",
            message: "the cluster serves no AuthorizationPolicy in security.istio.io/v1",
        });
    });

    it("waits for a webhook that does not answer yet", async () => {
        let refusals = 3;
        server.refuse = (method) =>
            method === "PATCH" && refusals-- > 0
                ? {
                      status: 500,
                      message:
                          'Internal error occurred: failed calling webhook "validation.istio.io": connection refused',
                  }
                : undefined;
        assert.equal((await applier().apply(config, true)).outcome, "created");
    });

    it("takes no for an answer", async () => {
        server.refuse = (method) =>
            method === "PATCH"
                ? { status: 422, message: "data.x: Invalid value", reason: "Invalid" }
                : undefined;
        await assert.rejects(applier().apply(config, true), {
            name: "ApiError",
            message: "data.x: Invalid value",
        });
        assert.equal(server.requests.filter((request) => request.startsWith("PATCH")).length, 1);
    });

    it("makes anew what cannot be changed, unless it is protected", async () => {
        await applier().apply(config, true);
        const before = server.objects.get(PATH)?.metadata["uid"];
        server.refuse = (method) =>
            method === "PATCH" && server.objects.has(PATH)
                ? { status: 422, message: "spec.selector: Invalid value: field is immutable" }
                : undefined;
        await assert.rejects(applier().apply(config, false), { message: /field is immutable/ });
        assert.equal((await applier().apply(config, true)).outcome, "updated");
        assert.notEqual(server.objects.get(PATH)?.metadata["uid"], before);
    });

    it("waits until what is being deleted is gone, and makes it anew", async () => {
        const deletionTimestamp = "2026-01-01T00:00:00Z";
        const labels = { "sparc.dev/handed-over": "in-process" };
        server.put(PATH, { metadata: { name: "a", namespace: "sparc", labels, deletionTimestamp } });
        let answers = 0;
        const dying = { ...config, metadata: { ...config.metadata, deletionTimestamp } };
        const calls: string[] = [];
        const dyingClient = {
            call: (call: { method: string; path: string }) => {
                calls.push(call.method);
                const made = { ...config, metadata: { ...config.metadata, uid: "new" } };
                const body = ++answers < 3 ? dying : made;
                return Promise.resolve({ status: 200, body, warnings: [] });
            },
        };
        const clock = new FakeClock();
        const discovery = new Discovery(client);
        const one = new Applier(
            dyingClient as never,
            discovery,
            new Snapshot(client),
            new Remover(client, discovery, clock),
            clock,
        );
        assert.equal((await one.apply(config, true)).outcome, "created");
        assert.deepEqual(calls, ["PATCH", "PATCH", "PATCH"]);
    });
});

describe("what an apply has done", () => {
    const before = { name: "a", uid: "u", resourceVersion: "1", generation: 4 };

    it("is nothing where only a controller's status has moved on", () => {
        assert.equal(outcomeOf(before, { ...before, resourceVersion: "2" }), "unchanged");
    });

    it("is an update where the generation, a label or an annotation has changed, or there is no generation", () => {
        assert.equal(outcomeOf(before, { ...before, resourceVersion: "2", generation: 5 }), "updated");
        assert.equal(outcomeOf(before, { ...before, resourceVersion: "2", labels: { a: "b" } }), "updated");
        assert.equal(
            outcomeOf(before, { ...before, resourceVersion: "2", annotations: { a: "b" } }),
            "updated",
        );
        const without = { name: "a", uid: "u", resourceVersion: "1" };
        assert.equal(outcomeOf(without, { ...without, resourceVersion: "2" }), "updated");
    });

    it("is a creation where another object stood there, or none", () => {
        assert.equal(outcomeOf(undefined, before), "created");
        assert.equal(outcomeOf({ ...before, uid: "other" }, before), "created");
    });
});
