import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node";
import { KubernetesMesh } from "../../cli/upgrade/cluster";

const APPS = "/apis/apps/v1/namespaces";
const rolledOut = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

function deployment(name: string, status: object, labels = {}) {
    return {
        metadata: { name, namespace: "sparc", generation: 2, labels },
        spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: {} },
        status,
    };
}

/** The API server's answers, by path. Others do not exist. */
const ANSWERS: Readonly<Record<string, object>> = {
    [`${APPS}/sparc/deployments`]: {
        items: [
            deployment("ready", rolledOut),
            deployment("rolling", { ...rolledOut, replicas: 2 }),
            deployment("unobserved", { ...rolledOut, observedGeneration: 1 }),
        ],
    },
    [`${APPS}/sparc/statefulsets`]: { items: [] },
    [`${APPS}/sparc/daemonsets`]: { items: [] },
    [`${APPS}/istio-system/deployments`]: {
        items: [
            deployment("istiod-b", rolledOut, { "istio.io/rev": "b" }),
            deployment("istiod-a", rolledOut, { "istio.io/rev": "a" }),
        ],
    },
    "/apis/flagger.app/v1beta1/canaries": {
        items: [
            {
                metadata: { namespace: "sparc", name: "auth" },
                spec: { targetRef: { kind: "Deployment", name: "auth" } },
                status: { phase: "Progressing" },
            },
        ],
    },
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-revision-tag-stable": {
        metadata: { name: "istio-revision-tag-stable", labels: { "istio.io/rev": "b" } },
    },
    "/api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector-b": {
        metadata: { name: "istio-sidecar-injector-b" },
        data: {
            values: JSON.stringify({ global: { hub: "h", tag: "1.31.1", proxy: { image: "proxyv2" } } }),
        },
    },
};

describe("what an upgrade reads of a cluster", () => {
    let server: Server;
    let mesh: KubernetesMesh;
    let missing: string[];
    let patches: { readonly path: string; readonly type: string | undefined; readonly body: unknown }[];

    const respond = async (request: IncomingMessage): Promise<object | undefined> => {
        const url = new URL(request.url ?? "", "http://cluster");
        if (request.method === "PATCH") {
            const body: unknown = JSON.parse(await text(request));
            patches.push({ path: url.pathname, type: request.headers["content-type"], body });
            return {};
        }
        if (missing.includes(url.pathname)) return undefined;
        if (url.pathname !== "/api/v1/pods") return ANSWERS[url.pathname];
        const pod = (name: string) => ({
            metadata: {
                namespace: "sparc",
                name,
                labels: { app: name },
                annotations: { "istio.io/rev": "a" },
            },
            spec: { containers: [{ name: "istio-proxy", image: "h/proxyv2:1.30.4" }] },
        });
        return url.searchParams.get("continue") === "more"
            ? { metadata: {}, items: [pod("second")] }
            : { metadata: { continue: "more" }, items: [pod("first"), { metadata: { name: "plain" } }] };
    };

    beforeEach(async () => {
        missing = [];
        patches = [];
        server = createServer((request, response) => {
            void respond(request).then((answer) => {
                response.setHeader("content-type", "application/json");
                response.statusCode = answer === undefined ? 404 : 200;
                response.end(JSON.stringify(answer ?? { kind: "Status", code: 404 }));
            });
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        const config = new KubeConfig();
        config.loadFromClusterAndUser(
            { name: "fake", server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
            { name: "fake" },
        );
        mesh = new KubernetesMesh(config);
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
    });

    it("are the proxies of all pages", async () => {
        assert.deepEqual(
            (await mesh.proxies()).map(({ name, revision, image }) => [name, revision, image]),
            [
                ["first", "a", "h/proxyv2:1.30.4"],
                ["second", "a", "h/proxyv2:1.30.4"],
            ],
        );
    });

    it("are workloads, and whether they are rolled out", async () => {
        const workloads = await mesh.workloads("sparc");
        assert.deepEqual(
            workloads.map((one) => [one.kind, one.namespace, one.name, one.selector, one.rolledOut]),
            [
                ["Deployment", "sparc", "ready", { app: "ready" }, true],
                ["Deployment", "sparc", "rolling", { app: "rolling" }, false],
                ["Deployment", "sparc", "unobserved", { app: "unobserved" }, false],
            ],
        );
    });

    it("are Flagger's targets, and none without Flagger", async () => {
        assert.deepEqual(await mesh.flaggerTargets(), [
            { namespace: "sparc", name: "auth", phase: "Progressing" },
        ]);
        missing = ["/apis/flagger.app/v1beta1/canaries"];
        assert.deepEqual(await mesh.flaggerTargets(), []);
    });

    it("are the revisions, the tag's, and the image that one injects", async () => {
        assert.deepEqual(await mesh.revisions(), ["a", "b"]);
        assert.equal(await mesh.taggedRevision(), "b");
        assert.equal(await mesh.proxyImage("b"), "h/proxyv2:1.31.1");
        assert.equal(await mesh.proxyImage("c"), undefined);
        missing = [
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-revision-tag-stable",
        ];
        assert.equal(await mesh.taggedRevision(), undefined);
    });

    it("restarts a workload as kubectl does", async () => {
        await mesh.restart({
            kind: "Deployment",
            namespace: "sparc",
            name: "auth-primary",
            selector: {},
            rolledOut: true,
        });
        const [patch, ...more] = patches;
        assert.deepEqual(more, []);
        assert.equal(patch?.path, `${APPS}/sparc/deployments/auth-primary`);
        assert.equal(patch.type, "application/strategic-merge-patch+json");
        const annotations = (
            patch.body as { spec: { template: { metadata: { annotations: Record<string, string> } } } }
        ).spec.template.metadata.annotations;
        assert.deepEqual(Object.keys(annotations), ["kubectl.kubernetes.io/restartedAt"]);
    });
});
