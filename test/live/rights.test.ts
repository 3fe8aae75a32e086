/** Who reads Secrets on the node, by the API server's own word: every service account, and viewers. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { CHECKOUT, run } from "./checkout";
import { Deployment } from "./deployment";

/**
 * The accounts that read Secrets, and why (docs/adr/0031-rights.md). A gateway's is for istiod, which asks whether the
 * account may list the namespace's Secrets before it hands one on; the gateway itself does not reach the API server.
 */
const READERS: Readonly<Record<string, readonly string[] | "everywhere">> = {
    "cert-manager/cert-manager": "everywhere",
    "cert-manager/cert-manager-cainjector": "everywhere",
    "istio-system/istiod-1-31-1": "everywhere",
    "istio-ingress/istio-ingressgateway": ["istio-ingress"],
    "istio-ingress/istio-admingateway": ["istio-ingress"],
    "istio-ingress/istio-internalgateway": ["istio-ingress"],
    // egress.authority names a Secret there.
    "istio-egress/istio-egressgateway": ["istio-egress"],
};

const VIEWER = ["--as", "somebody", "--as-group", "sparc-mesh:viewers"];
const RBAC = new Set(["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]);
const SUBRESOURCES = ["exec", "attach", "portforward", "ephemeralcontainers", "proxy"];

describe("rights on the node", function () {
    this.timeout(600_000);
    let node: Deployment;
    let namespaces: string[];

    const names = async (args: readonly string[]) => (await node.kubectl(args)).trim().split("\n");
    async function may(args: readonly string[]): Promise<boolean> {
        const all = ["--kubeconfig", node.kubeconfig, "auth", "can-i", ...args];
        const { stdout } = await run(node.program("kubectl"), all);
        assert.match(stdout.trim(), /^(yes|no)$/);
        return stdout.trim() === "yes";
    }

    before(async () => {
        node = await Deployment.of();
        namespaces = (await names(["get", "namespaces", "--output", "name"])).map((name) =>
            name.replace(/.*\//, ""),
        );
    });

    it("let viewers read what there is, but no Secret, and into no container", async () => {
        for (const namespace of namespaces)
            for (const verb of ["get", "list", "watch"])
                assert.ok(!(await may([verb, "secrets", "--namespace", namespace, ...VIEWER])), namespace);
        for (const subresource of SUBRESOURCES)
            for (const verb of ["get", "create"])
                assert.ok(!(await may([verb, "pods", "--subresource", subresource, ...VIEWER])), subresource);
        assert.ok(!(await may(["create", "serviceaccounts", "--subresource", "token", ...VIEWER])));
        for (const resource of ["pods", "nodes", "authorizationpolicies.security.istio.io"])
            assert.ok(await may(["list", resource, "--all-namespaces", ...VIEWER]), resource);
    });

    it("let what prod runs beside it read none: Grafana, Flagger, and, but for its own namespace, the operator", async () => {
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
            for (const [account, own] of Object.entries(accounts)) {
                const as = ["--as", `system:serviceaccount:${own}:${account}`];
                for (const namespace of namespaces)
                    assert.equal(
                        await may(["get", "secrets", "--namespace", namespace, ...as]),
                        account === "prometheus-operator" && namespace === own,
                        `${account} in ${namespace}`,
                    );
                assert.ok(!(await may(["list", "secrets", "--all-namespaces", ...as])), account);
            }
        } finally {
            await node.kubectl(["delete", "--ignore-not-found", "--filename", "-"], input);
        }
    });

    it("let no account read Secrets but those that do not work without", async () => {
        const format = '{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
        const accounts = await names([
            "get",
            "serviceaccounts",
            "--all-namespaces",
            "--output",
            `jsonpath=${format}`,
        ]);
        assert.ok(accounts.length > 40);
        // Kubernetes' own controllers run as accounts of kube-system: they are the cluster's, and not the mesh's.
        for (const account of accounts.filter((one) => !one.startsWith("kube-system/"))) {
            const as = ["--as", `system:serviceaccount:${account.replace("/", ":")}`];
            const allowed = READERS[account] ?? [];
            const expected = (namespace: string) => allowed === "everywhere" || allowed.includes(namespace);
            for (const namespace of namespaces)
                assert.equal(
                    await may(["list", "secrets", "--namespace", namespace, ...as]),
                    expected(namespace),
                    `${account} in ${namespace}`,
                );
        }
        for (const [account, allowed] of Object.entries(READERS))
            assert.ok(accounts.includes(account) && allowed.length > 0, `${account} is not there`);
    });
});
