import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkRevisions, type Get, removalProblem } from "../../../components/cluster/revisions-in-use";
import { testConfig } from "../../support/config";

interface Pod {
    readonly namespace: string;
    readonly name: string;
    readonly revision?: string;
}

/** An API server with these istiods and pods, which serves them one a page. */
function cluster(istiods: readonly string[], pods: readonly Pod[]): { get: Get; requests: string[] } {
    const requests: string[] = [];
    const deployments = istiods.map((revision) => ({ metadata: { labels: { "istio.io/rev": revision } } }));
    const items = pods.map(({ namespace, name, revision }) => ({
        metadata: {
            namespace,
            name,
            annotations: revision === undefined ? {} : { "istio.io/rev": revision },
        },
    }));
    return {
        requests,
        get: (path) => {
            requests.push(path);
            const url = new URL(path, "http://cluster");
            const isPods = url.pathname === "/api/v1/pods";
            if (!isPods) {
                assert.equal(url.pathname, "/apis/apps/v1/namespaces/istio-system/deployments");
                assert.equal(url.searchParams.get("labelSelector"), "app=istiod");
                return Promise.resolve({ items: deployments });
            }
            const at = Number(url.searchParams.get("continue") ?? "0");
            const more = at + 1 < items.length ? { continue: String(at + 1) } : {};
            return Promise.resolve({ metadata: more, items: items.slice(at, at + 1) });
        },
    };
}

describe("a revision of Istio that the stack no longer lists", () => {
    const pods = [
        { namespace: "sparc", name: "auth-1", revision: "1-30-5" },
        { namespace: "kube-system", name: "dns" },
        { namespace: "sparc", name: "video-1", revision: "1-31-1" },
        { namespace: "istio-ingress", name: "gateway-1", revision: "1-30-5" },
    ];

    it("is not removed while proxies use it, and the error names them", async () => {
        const { get } = cluster(["1-30-5", "1-31-1"], pods);
        const problem = await removalProblem(get, new Set(["1-31-1"]));
        assert.equal(
            problem,
            "2 proxies use Istio revision 1-30-5, which the stack no longer lists, and would lose their control plane:\n" +
                "  sparc/auth-1 (1-30-5)\n  istio-ingress/gateway-1 (1-30-5)\n" +
                "list 1-30-5 in istio.revisions again, move the proxies with `mesh upgrade`, and then remove it (docs/tasks/upgrade-istio.md)",
        );
    });

    it("can be removed once no proxy uses it", async () => {
        const moved = pods.map((pod) => (pod.revision === undefined ? pod : { ...pod, revision: "1-31-1" }));
        assert.equal(
            await removalProblem(cluster(["1-30-5", "1-31-1"], moved).get, new Set(["1-31-1"])),
            undefined,
        );
    });

    it("costs one request if there is none", async () => {
        for (const istiods of [[], ["1-31-1"]]) {
            const { get, requests } = cluster(istiods, pods);
            assert.equal(await removalProblem(get, new Set(["1-31-1"])), undefined);
            assert.equal(requests.length, 1);
        }
    });
});

describe("the check of a cluster's revisions", () => {
    const { istio } = testConfig({
        domain: "a.example",
        istio: { revisions: [{ name: "1-31-1", version: "1.31.1" }] },
    });
    let server: Server;
    let kubeconfig: string;
    /** The response to a path. */
    let respond: (path: string) => { readonly status: number; readonly body: string };
    const json = (body: object) => ({ status: 200, body: JSON.stringify(body) });

    beforeEach(async () => {
        server = createServer(({ url }, response) => {
            const { status, body } = respond(new URL(url ?? "", "http://cluster").pathname);
            response.writeHead(status).end(body);
        });
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        kubeconfig = `${JSON.stringify({
            clusters: [
                {
                    name: "one",
                    cluster: { server: `http://127.0.0.1:${port}/`, "insecure-skip-tls-verify": true },
                },
            ],
            users: [{ name: "one", user: {} }],
            contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
            "current-context": "one",
        })}\n`;
    });
    afterEach(() => server.close());

    const istiod = json({
        kind: "DeploymentList",
        items: [{ metadata: { labels: { "istio.io/rev": "1-30-5" } } }],
    });
    const proxy = { metadata: { namespace: "sparc", name: "a", annotations: { "istio.io/rev": "1-30-5" } } };
    const check = () => checkRevisions(istio, { kubeconfig });

    it("rejects an update of a cluster with proxies of a removed revision", async () => {
        respond = (path) => (path.endsWith("/pods") ? json({ items: [proxy] }) : istiod);
        assert.match((await check()).problem ?? "", /sparc\/a \(1-30-5\)/);
    });

    it("accepts lists without items, which some servers write as null", async () => {
        respond = () => json({ kind: "DeploymentList", items: null });
        assert.deepEqual(await check(), {});
    });

    it("rejects an update where the server responds anything but a list", async () => {
        const responses = [
            {
                status: 401,
                body: "Unauthorized",
                expected: /: 401 Unauthorized; allow this user to list pods/,
            },
            { status: 403, body: "no", expected: /: 403 no; allow this user to list pods and Deployments$/ },
            { status: 302, body: "", expected: /: 302 ; run the update again$/ },
            { status: 404, body: "", expected: /: 404 ; run the update again$/ },
            { status: 429, body: "slow down", expected: /: 429 slow down; run the update again$/ },
            { status: 500, body: "etcd", expected: /: 500 etcd; run the update again$/ },
            { status: 503, body: "", expected: /: 503 ; run the update again$/ },
            { status: 200, body: "<html>", expected: /the response is not JSON; run the update again$/ },
            { status: 200, body: "{}", expected: /the response is no list; run the update again$/ },
            { status: 200, body: "null", expected: /the response is no list; run the update again$/ },
        ];
        // The first request, and the one for pods.
        for (const failing of ["/deployments", "/pods"])
            for (const { expected, ...response } of responses) {
                respond = (path) => (path.endsWith(failing) ? response : istiod);
                const { problem, warning } = await check();
                assert.match(problem ?? "no problem", expected);
                assert.equal(warning, undefined);
            }
    });

    it("only warns where no server responds", async () => {
        server.close();
        server.closeAllConnections();
        const { problem, warning } = await check();
        assert.equal(problem, undefined);
        assert.match(warning ?? "", /^cannot check whether proxies use .* no longer lists: .*ECONNREFUSED/);
    });
});
