/** Patches of other tools' objects, on a real API server: only it decides who owns which field. */
import assert from "node:assert/strict";
import { Discovery } from "../../local/engine/kube/discovery";
import { Patcher } from "../../local/engine/patch";
import type { KubeObject } from "../../local/lib/kube-object";
import { apiServerOfSuite } from "../support/api-server";

const REF = { apiVersion: "apps/v1", kind: "Deployment(patch)", namespace: "default", name: "orders" };

/** Fields that change by themselves, or record who changed what. */
const VOLATILE = ["managedFields", "resourceVersion", "generation"];

describe("a patch of a workload that another tool deploys, on a real API server", function () {
    this.timeout(180_000);
    const suite = apiServerOfSuite("deployments");
    let patcher: Patcher;
    before(() => {
        const { client } = suite();
        patcher = new Patcher(client, new Discovery(client));
    });

    function deployment(pod: object = {}, labels: object = {}): object {
        return {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "orders", namespace: "default" },
            spec: {
                selector: { matchLabels: { app: "orders-api" } },
                template: {
                    metadata: { labels: { app: "orders-api", ...labels } },
                    spec: { containers: [{ name: "main", image: "orders:1" }], ...pod },
                },
            },
        };
    }

    function patch(labels: Record<string, string> = {}): KubeObject {
        return {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "orders", namespace: "default" },
            spec: {
                template: {
                    metadata: { labels: { "sparc.dev/service": "orders", ...labels } },
                    spec: { serviceAccountName: "orders", serviceAccount: "orders" },
                },
            },
        };
    }

    /** As its owner's tool deploys it: by client-side apply, server-side apply (Helm 4, Flux, Argo), or an update (Helm 3). */
    async function deploy(how: "apply" | "server-side" | "create", object: object): Promise<void> {
        const args = {
            apply: ["apply", "-f", "-"],
            "server-side": ["apply", "--server-side", "--field-manager=helm", "-f", "-"],
            create: ["create", "-f", "-"],
        }[how];
        await suite().server.kubectl(args, JSON.stringify(object));
    }

    async function live(): Promise<{ metadata: Record<string, unknown>; spec: { template: object } }> {
        return JSON.parse(
            await suite().server.kubectl([
                "get",
                "deployment",
                "orders",
                "-o",
                "json",
                "--show-managed-fields",
            ]),
        ) as Awaited<ReturnType<typeof live>>;
    }

    async function stable(): Promise<unknown> {
        const { metadata, spec } = await live();
        return {
            metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !VOLATILE.includes(key))),
            spec,
        };
    }

    async function managers(): Promise<string[]> {
        const { metadata } = await live();
        return (metadata["managedFields"] as { manager: string }[]).map(({ manager }) => manager);
    }

    for (const how of ["apply", "server-side", "create"] as const) {
        it(`is added to an object deployed by ${how}, kept by its next deployment, and released without a trace`, async () => {
            await deploy(how, deployment());
            const before = await stable();

            const { outcome, object } = await patcher.apply(patch());
            assert.equal(outcome, "updated");
            const { template } = object["spec"] as {
                template: { metadata: { labels: object }; spec: object };
            };
            assert.deepEqual(template.metadata.labels, { app: "orders-api", "sparc.dev/service": "orders" });
            assert.equal((template.spec as { serviceAccountName: string }).serviceAccountName, "orders");
            assert.equal((await patcher.apply(patch())).outcome, "unchanged");

            if (how !== "create") {
                await deploy(how, deployment());
                assert.equal((await patcher.apply(patch())).outcome, "unchanged");
            }

            assert.equal(await patcher.release(REF), true);
            assert.deepEqual(await stable(), before);
            assert.ok(!(await managers()).includes("sparc-mesh-patch"));
            assert.equal(await patcher.release(REF), false);
        });
    }

    it("removes single fields that the patch no longer has", async () => {
        await deploy("apply", deployment());
        await patcher.apply(patch({ version: "v1" }));
        await patcher.apply(patch());
        const { spec } = await live();
        const { metadata } = spec.template as { metadata: { labels: object } };
        assert.deepEqual(metadata.labels, { app: "orders-api", "sparc.dev/service": "orders" });
    });

    it("leaves what its owner sets to the same value", async () => {
        await deploy("server-side", deployment({ serviceAccountName: "orders" }));
        const before = await stable();
        await patcher.apply(patch());
        await patcher.release(REF);
        assert.deepEqual(await stable(), before);
    });

    // kubectl's client-side apply and an update own the deprecated `serviceAccount`, too: two conflicts.
    for (const how of ["server-side", "apply", "create"] as const) {
        it(`is rejected where its owner (${how}) sets a field to another value, and changes nothing`, async () => {
            await deploy(how, deployment({ serviceAccountName: "orders-robot" }));
            const before = await stable();
            await assert.rejects(patcher.apply(patch()), {
                name: "FieldConflictError",
                message: /conflicts? with "(helm|kubectl-[a-z-]+)".*serviceAccountName/s,
            });
            assert.deepEqual(await stable(), before);
        });
    }

    it("is rejected if the object does not exist, and creates none", async () => {
        await assert.rejects(patcher.apply(patch()), { name: "MissingTargetError" });
        assert.equal((await suite().server.kubectl(["get", "deployments", "-o", "name"])).trim(), "");
        assert.equal(await patcher.release(REF), false);
    });

    it("is rejected for an object that the engine itself deployed", async () => {
        await suite().server.kubectl(
            ["apply", "--server-side", "--field-manager=sparc-mesh", "-f", "-"],
            JSON.stringify(deployment()),
        );
        await assert.rejects(patcher.apply(patch()), { name: "ProgramTargetError" });
    });
});
