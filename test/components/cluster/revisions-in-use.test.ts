import assert from "node:assert/strict";
import { type Get, removalProblem } from "../../../components/cluster/revisions-in-use";

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
