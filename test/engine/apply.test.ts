import assert from "node:assert/strict";
import { Applier, outcomeOf } from "../../local/engine/apply";
import type { KubeClient } from "../../local/engine/kube/client";
import { Discovery } from "../../local/engine/kube/discovery";
import { Snapshot } from "../../local/engine/kube/snapshot";
import { Remover } from "../../local/engine/remove";
import type { KubeObject } from "../../local/lib/kube-object";
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

describe("applying objects", () => {
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

    /** An applier as in a run: existing objects are those from before the run. */
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

    it("creates, keeps and updates objects, and reports which", async () => {
        assert.equal((await applier().apply(config, true)).outcome, "created");
        assert.equal((await applier().apply(config, true)).outcome, "unchanged");
        const { outcome, object } = await applier().apply({ ...config, data: { x: "2" } }, true);
        assert.equal(outcome, "updated");
        assert.deepEqual(object["data"], { x: "2" });
    });

    it("discovers each kind once, not for each object", async () => {
        const one = applier();
        const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
        await Promise.all(
            names.map((name) => one.apply({ ...config, metadata: { name, namespace: "sparc" } }, true)),
        );
        assert.equal(server.requests.filter((request) => request.startsWith("GET")).length, 2);
        assert.equal(server.requests.filter((request) => request.startsWith("PATCH")).length, 20);
    });

    it("does not overwrite foreign objects", async () => {
        server.put(PATH, { metadata: { name: "a", namespace: "sparc" }, data: { x: "theirs" } });
        await assert.rejects(applier().apply(config, true), { name: "ForeignObjectError" });
        assert.deepEqual(server.objects.get(PATH)?.["data"], { x: "theirs" });
    });

    it("owns a field even of an object with only a name, to recognize it", async () => {
        const bare = { apiVersion: "v1", kind: "Namespace", metadata: { name: "sparc" } };
        await applier().apply(bare, true);
        const labels = { "sparc.dev/handed-over": "in-process" };
        assert.deepEqual(server.objects.get("/api/v1/namespaces/sparc")?.metadata["labels"], labels);
        await applier().apply(config, true);
        assert.equal(server.objects.get(PATH)?.metadata["labels"], undefined);
    });

    it("changes nothing that another stack or a GitOps tool applied, whatever its labels", async () => {
        const labels = { "app.kubernetes.io/managed-by": "sparc-mesh" };
        server.put(PATH, { metadata: { name: "a", namespace: "sparc", labels } });
        await assert.rejects(applier().apply(config, true), { name: "ForeignObjectError" });
    });

    it("adopts an object that a user has labeled for it", async () => {
        const labels = { "sparc.dev/handed-over": "in-process" };
        server.put(PATH, { metadata: { name: "a", namespace: "sparc", labels } });
        assert.equal((await applier().apply(config, true)).outcome, "updated");
    });

    it("waits for a kind whose CRD a release has just installed", async () => {
        let looks = 0;
        server.rejection = (_method, path) => {
            if (path === "/apis/security.istio.io/v1" && ++looks === 3) {
                server.serve(path, "AuthorizationPolicy", "authorizationpolicies");
            }
            return undefined;
        };
        assert.equal((await applier().apply(policy, true)).outcome, "created");
        assert.equal(looks, 3);
    });

    it("times out for a kind that is never served, and reports it", async () => {
        await assert.rejects(applier().apply(policy, true), {
            name: "NotServedError",
            message: "the cluster does not serve the kind AuthorizationPolicy of security.istio.io/v1",
        });
    });

    it("waits for a webhook that is not ready yet", async () => {
        let refusals = 3;
        server.rejection = (method) =>
            method === "PATCH" && refusals-- > 0
                ? {
                      status: 500,
                      message:
                          'Internal error occurred: failed calling webhook "validation.istio.io": connection refused',
                  }
                : undefined;
        assert.equal((await applier().apply(config, true)).outcome, "created");
    });

    it("fails immediately for a definite rejection", async () => {
        server.rejection = (method) =>
            method === "PATCH"
                ? { status: 422, message: "data.x: Invalid value", reason: "Invalid" }
                : undefined;
        await assert.rejects(applier().apply(config, true), {
            name: "ApiError",
            message: "data.x: Invalid value",
        });
        assert.equal(server.requests.filter((request) => request.startsWith("PATCH")).length, 1);
    });

    it("replaces an object with an immutable field, unless it is protected", async () => {
        await applier().apply(config, true);
        const before = server.objects.get(PATH)?.metadata["uid"];
        server.rejection = (method) =>
            method === "PATCH" && server.objects.has(PATH)
                ? { status: 422, message: "spec.selector: Invalid value: field is immutable" }
                : undefined;
        await assert.rejects(applier().apply(config, false), { message: /field is immutable/ });
        assert.equal((await applier().apply(config, true)).outcome, "updated");
        assert.notEqual(server.objects.get(PATH)?.metadata["uid"], before);
    });

    it("waits until a terminating object is deleted, and creates it again", async () => {
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

describe("the result of an apply", () => {
    const before = { name: "a", uid: "u", resourceVersion: "1", generation: 4 };

    it("is unchanged if only the status changed", () => {
        assert.equal(outcomeOf(before, { ...before, resourceVersion: "2" }), "unchanged");
    });

    it("is an update if the generation, a label or an annotation changed, or without a generation", () => {
        assert.equal(outcomeOf(before, { ...before, resourceVersion: "2", generation: 5 }), "updated");
        assert.equal(outcomeOf(before, { ...before, resourceVersion: "2", labels: { a: "b" } }), "updated");
        assert.equal(
            outcomeOf(before, { ...before, resourceVersion: "2", annotations: { a: "b" } }),
            "updated",
        );
        const without = { name: "a", uid: "u", resourceVersion: "1" };
        assert.equal(outcomeOf(without, { ...without, resourceVersion: "2" }), "updated");
    });

    it("is a creation if there was another object, or none", () => {
        assert.equal(outcomeOf(undefined, before), "created");
        assert.equal(outcomeOf({ ...before, uid: "other" }, before), "created");
    });
});
