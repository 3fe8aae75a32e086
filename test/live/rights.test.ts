/** Access to Secrets on the local cluster, by the API server's authorizer: every service account, and viewers. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { type AccessReview, reviewAccess } from "./access-review";
import { CHECKOUT } from "./checkout";
import { Deployment } from "./deployment";

/**
 * The accounts that read Secrets (docs/adr/0031-least-privilege.md). A gateway needs it for istiod, which checks with a
 * SubjectAccessReview that the account can list the namespace's Secrets before it serves one; the gateway itself does not reach the
 * API server.
 */
const READERS: Readonly<Record<string, readonly string[] | "everywhere">> = {
    "cert-manager/cert-manager": "everywhere",
    "cert-manager/cert-manager-cainjector": "everywhere",
    "istio-system/istiod-1-31-1": "everywhere",
    "istio-ingress/istio-ingressgateway": ["istio-ingress"],
    "istio-ingress/istio-admingateway": ["istio-ingress"],
    "istio-ingress/istio-internalgateway": ["istio-ingress"],
    // egress.caSecret names a Secret there.
    "istio-egress/istio-egressgateway": ["istio-egress"],
};

const VIEWER = { user: "on-call", groups: ["sparc-mesh:viewers"] };
const RBAC = new Set(["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]);
const SUBRESOURCES = ["exec", "attach", "portforward", "ephemeralcontainers", "proxy"];

describe("RBAC on the local cluster", function () {
    this.timeout(600_000);
    let node: Deployment;
    let namespaces: string[];

    const names = async (args: readonly string[]) => (await node.kubectl(args)).trim().split("\n");
    const allowed = async (reviews: readonly AccessReview[]) => await reviewAccess(node.kubeconfig, reviews);
    /** @returns the namespaces in which the account can use the verb on Secrets */
    async function secretsOf(verb: string, namespace: string, name: string): Promise<string[]> {
        const subject = accountOf(namespace, name);
        const answers = await allowed(
            namespaces.map((where) => ({ ...subject, verb, resource: "secrets", namespace: where })),
        );
        return namespaces.filter((_, index) => answers[index]);
    }

    before(async () => {
        node = await Deployment.of();
        namespaces = (await names(["get", "namespaces", "--output", "name"])).map((name) =>
            name.replace(/.*\//, ""),
        );
    });

    it("allows viewers to read everything except Secrets, and denies exec into containers", async () => {
        const denied = [
            ...["get", "list", "watch"].map((verb) => ({ verb, resource: "secrets" })),
            ...SUBRESOURCES.flatMap((subresource) =>
                ["get", "create"].map((verb) => ({ verb, resource: "pods", subresource })),
            ),
            { verb: "create", resource: "serviceaccounts", subresource: "token" },
        ].flatMap((review) => namespaces.map((namespace) => ({ ...VIEWER, ...review, namespace })));
        const answers = await allowed(denied);
        assert.deepEqual(
            denied.filter((_, index) => answers[index]),
            [],
        );
        const readable = ["pods", "nodes", "authorizationpolicies.security.istio.io"];
        const reads = readable.map((resource) => ({ ...VIEWER, verb: "list", resource }));
        assert.deepEqual(await allowed(reads), [true, true, true]);
    });

    it("allows no Secrets for prod's add-ons: Grafana, Flagger, and the operator outside its namespace", async () => {
        const { objects } = deriveAll({ catalogue, config: loadStackFile("prod", CHECKOUT) });
        const added = objects.filter(
            ({ kind, metadata }) => RBAC.has(kind) && /grafana|operator|flagger/.test(metadata.name),
        );
        assert.ok(added.length >= 6);
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: added });
        await node.kubectl(["apply", "--server-side", "--filename", "-"], input);
        try {
            const accounts = {
                grafana: "monitoring",
                "prometheus-operator": "monitoring",
                flagger: "flagger-system",
            };
            for (const [account, namespace] of Object.entries(accounts)) {
                assert.deepEqual(
                    await secretsOf("get", namespace, account),
                    account === "prometheus-operator" ? [namespace] : [],
                    account,
                );
                const everywhere = { ...accountOf(namespace, account), verb: "list", resource: "secrets" };
                assert.deepEqual(await allowed([everywhere]), [false], account);
            }
        } finally {
            await node.kubectl(["delete", "--ignore-not-found", "--filename", "-"], input);
        }
    });

    it("allows only the accounts that need Secrets to read them", async () => {
        const format = '{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
        const accounts = await names([
            "get",
            "serviceaccounts",
            "--all-namespaces",
            "--output",
            `jsonpath=${format}`,
        ]);
        assert.ok(accounts.length > 40);
        // Kubernetes' controllers run as accounts of kube-system: they belong to the cluster, not to the mesh.
        for (const account of accounts.filter((one) => !one.startsWith("kube-system/"))) {
            const [namespace = "", name = ""] = account.split("/");
            const expected = READERS[account] ?? [];
            assert.deepEqual(
                await secretsOf("list", namespace, name),
                expected === "everywhere" ? namespaces : expected,
                account,
            );
        }
        for (const [account, where] of Object.entries(READERS))
            assert.ok(accounts.includes(account) && where.length > 0, `${account} does not exist`);
    });
});

/** As the API server knows a service account. */
function accountOf(namespace: string, name: string) {
    return {
        user: `system:serviceaccount:${namespace}:${name}`,
        groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
    };
}
