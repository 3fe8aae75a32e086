/** Helm releases that were changed by hand, with an in-memory API server and a helm that records its arguments. */
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOfRelease } from "../../local/engine/helm/digest";
import { deployInProcess } from "../../local/engine/in-process";
import type { Program } from "../../local/engine/program/host";
import type { Registration } from "../../local/engine/program/protocol";
import { requestOf } from "../../local/engine/resource";
import { ApiServer } from "./support/api-server";
import { FakeClock } from "./support/clock";
import { putRelease } from "./support/release";

const CONFIG = "/api/v1/namespaces/istio-system/configmaps/istio";
const SERVICE = "/api/v1/namespaces/istio-system/services/istiod";
const MANIFEST = `---
# Source: istiod/templates/configmap.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: istio
  namespace: istio-system
data:
  mesh: "accessLogFile: /dev/stdout"
---
apiVersion: v1
kind: Service
metadata: { name: istiod }
spec: { ports: [{ port: 15012 }] }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gateways.networking.istio.io }
`;

describe("a Helm release that was changed by hand", () => {
    let server: ApiServer;
    let folder: string;
    let release: Registration;

    beforeEach(async () => {
        server = await ApiServer.start();
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-helm-"));
        const chart = join(folder, "istiod");
        await mkdir(chart);
        await writeFile(join(chart, "Chart.yaml"), "name: istiod");
        await writeFile(join(folder, "helm"), `#!/bin/sh\necho "$@" >> ${folder}/calls\n`);
        await chmod(join(folder, "helm"), 0o755);
        const inputs = { name: "istiod", namespace: "istio-system", chart, values: { replicas: 1 } };
        release = {
            ...{ urn: "urn:pulumi:test::test::kubernetes:helm.sh/v3:Release::istiod", name: "istiod" },
            ...{ type: "kubernetes:helm.sh/v3:Release", custom: true, protect: false },
            ...{ inputs, dependencies: [] },
        };
    });
    afterEach(async () => {
        await server.stop();
        await rm(folder, { recursive: true });
    });

    const program = (): Program => ({
        load: () => Promise.resolve([]),
        run: async (register) => {
            await register(release).catch(() => undefined);
        },
        stop: () => undefined,
    });

    async function deploy(): ReturnType<typeof deployInProcess> {
        const client = server.client();
        const kubeconfig = server.kubeconfig;
        const tools = { helm: join(folder, "helm") };
        try {
            return await deployInProcess(
                {
                    ...{ stack: "test", configEntries: {}, kubeconfig, tools, stateDir: folder },
                    ...{ readyTimeout: 1, clock: new FakeClock() },
                },
                client,
                program(),
            );
        } finally {
            await client.close();
        }
    }

    const helmCalls = () => readFile(join(folder, "calls"), "utf8").catch(() => "");

    /** The release as the engine installed it, and its objects. */
    async function install(revision: number, installedAs: number): Promise<void> {
        const request = requestOf(release);
        assert.ok(request.is === "release");
        const labels = {
            "sparc.dev/digest": await digestOfRelease(request.release),
            "sparc.dev/revision": String(installedAs),
        };
        const place = { namespace: "istio-system", name: "istiod" };
        putRelease(server, { ...place, revision, status: "deployed", labels, manifest: MANIFEST });
        const metadata = {
            namespace: "istio-system",
            labels: { "app.kubernetes.io/managed-by": "Helm" },
            annotations: {
                "meta.helm.sh/release-name": "istiod",
                "meta.helm.sh/release-namespace": "istio-system",
            },
        };
        server.put(CONFIG, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { ...metadata, name: "istio" },
            data: { mesh: "accessLogFile: /dev/stdout" },
        });
        server.put(SERVICE, {
            apiVersion: "v1",
            kind: "Service",
            metadata: { ...metadata, name: "istiod" },
            spec: { ports: [{ port: 15012 }], clusterIP: "10.0.0.1" },
        });
    }

    it("is unchanged otherwise", async () => {
        await install(3, 3);
        const before = structuredClone([...server.objects]);
        const { counts, warnings } = await deploy();
        assert.deepEqual([counts.unchanged, counts.updated, warnings], [1, 0, []]);
        assert.equal(await helmCalls(), "");
        const after = [...server.objects].filter(([path]) => !path.endsWith("sparc-mesh-inventory"));
        assert.deepEqual(after, before);
    });

    it("is upgraded again after a `helm upgrade` or `helm rollback` by hand", async () => {
        await install(4, 3);
        const { counts } = await deploy();
        assert.equal(counts.updated, 1);
        assert.match(
            await helmCalls(),
            /^upgrade istiod .*--labels sparc\.dev\/digest=[0-9a-f]{16},sparc\.dev\/revision=5 /,
        );
    });

    it("gets its changed and its deleted objects back, without a new revision", async () => {
        await install(3, 3);
        const config = server.objects.get(CONFIG);
        assert.ok(config);
        config["data"] = { mesh: "accessLogFile: /dev/null", extra: "kept" };
        server.objects.delete(SERVICE);
        const { counts, warnings } = await deploy();
        assert.equal(counts.updated, 1);
        assert.deepEqual(server.objects.get(CONFIG)?.["data"], {
            mesh: "accessLogFile: /dev/stdout",
            extra: "kept",
        });
        const { metadata } = server.objects.get(SERVICE) ?? {};
        assert.equal(
            (metadata?.["annotations"] as Record<string, string>)["meta.helm.sh/release-name"],
            "istiod",
        );
        assert.deepEqual(warnings, [
            "release istio-system/istiod: ConfigMap istio-system/istio, Service istio-system/istiod had been changed; restored",
        ]);
        assert.equal(await helmCalls(), "");
        assert.equal((await deploy()).counts.unchanged, 1);
    });

    it("gets them back although the API server or a webhook fails for a while, and reports an error that lasts", async () => {
        for (const [what, isFailing] of [
            [
                "the record",
                (method: string, path: string) => method === "GET" && path.includes("/secrets/sh.helm"),
            ],
            ["an object", (method: string, path: string) => method === "GET" && path === SERVICE],
            ["a write", (method: string, path: string) => method === "PATCH" && path === SERVICE],
        ] as const) {
            await install(3, 3);
            server.objects.delete(SERVICE);
            let failures = 3;
            server.rejection = (method, path) =>
                isFailing(method, path) && failures-- > 0
                    ? { status: 503, message: "the server is currently unable to handle the request" }
                    : undefined;
            assert.equal((await deploy()).counts.updated, 1, what);
            assert.ok(server.objects.has(SERVICE), what);
            assert.ok(failures < 0, what);
            server.objects.delete(SERVICE);
            server.rejection = (method, path) =>
                isFailing(method, path)
                    ? { status: 503, message: "unable to handle the request" }
                    : undefined;
            await assert.rejects(deploy(), /unable to handle the request/, what);
            server.rejection = () => undefined;
        }
    });
});
