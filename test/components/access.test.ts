import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import { manifestKey, type NetworkPolicyManifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";

const config = loadStackFile("prod", join(__dirname, "..", ".."));
const { objects } = deriveAll({ catalogue, config });

/** Paths in `value` of empty lists and objects, which an API server would drop. */
function emptyPaths(value: unknown, path: string): string[] {
    if (typeof value !== "object" || value === null) return [];
    const entries = Object.entries(value);
    return entries.length === 0
        ? [path]
        : entries.flatMap(([key, entry]) => emptyPaths(entry, `${path}.${key}`));
}

describe("the objects of prod", () => {
    it("contain nothing that an API server drops, which would be a permanent diff", () => {
        const kept = ["spec.podSelector", "spec", "spec.selfSigned"];
        const dropped = objects.flatMap((object) =>
            emptyPaths("spec" in object ? object.spec : {}, "spec")
                // An EnvoyFilter's values are kept as they are (x-kubernetes-preserve-unknown-fields).
                .filter(
                    (path) => !kept.includes(path) && !/\.(allow_missing_or_failed|google_re2)$/.test(path),
                )
                .map((path) => `${manifestKey(object)} ${path}`),
        );
        assert.deepEqual(dropped, []);
    });

    it("deny by default in every namespace of the mesh, by AuthorizationPolicy and NetworkPolicy", () => {
        for (const namespace of [
            "istio-system",
            "istio-ingress",
            "istio-egress",
            "sparc",
            "databases",
            "monitoring",
        ]) {
            const denyAll = objects.filter(
                ({ metadata }) => metadata.namespace === namespace && metadata.name === "deny-all",
            );
            assert.deepEqual(
                denyAll.map(({ kind }) => kind).sort(),
                ["AuthorizationPolicy", "NetworkPolicy"],
                namespace,
            );
            for (const object of denyAll) {
                const spec = "spec" in object ? object.spec : undefined;
                assert.deepEqual(
                    spec,
                    object.kind === "NetworkPolicy"
                        ? { podSelector: {}, policyTypes: ["Ingress", "Egress"] }
                        : {},
                );
            }
        }
    });

    it("allow istio-cni's agents to reach the API server if it is installed", () => {
        const agents = (cni: boolean) =>
            deriveAll({ catalogue, config: { ...config, istio: { ...config.istio, cni } } }).objects.filter(
                ({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === "istio-cni",
            );
        assert.equal(agents(false).length, 0);
        const [agent, ...more] = agents(true) as NetworkPolicyManifest[];
        assert.equal(more.length, 0);
        assert.equal(agent?.metadata.namespace, "istio-system");
        assert.deepEqual(agent.spec?.podSelector.matchLabels, { "k8s-app": "istio-cni-node" });
        assert.deepEqual(
            agent.spec.egress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port)),
            [53, 53, 443, 6443],
        );
    });

    it("give every ALLOW a source, except the gateways', whose clients have none", () => {
        for (const object of objects) {
            if (object.kind !== "AuthorizationPolicy" || object.metadata.namespace === "istio-ingress")
                continue;
            for (const { from = [], to = [] } of object.spec.rules ?? []) {
                assert.ok(from.length > 0 && from.every(({ source }) => source?.principals?.length === 1));
                assert.ok(to.length > 0 && to.every(({ operation }) => operation?.ports?.length === 1));
            }
        }
    });

    it("allow at a gateway only the hosts, methods and paths that are exposed", () => {
        const atGateways = objects.filter(
            ({ kind, metadata }) => kind === "AuthorizationPolicy" && metadata.namespace === "istio-ingress",
        );
        assert.ok(atGateways.length > 5);
        for (const object of atGateways) {
            // Devices' connections have no host, and redirects to HTTPS reach no service: see edge.test.ts.
            const { name } = object.metadata;
            if (
                object.kind !== "AuthorizationPolicy" ||
                /^deny-all$|[-.](redirect|mqtt|ingest)$|^ratelimit/.test(name)
            )
                continue;
            for (const { operation } of object.spec.rules?.flatMap(({ to = [] }) => to) ?? []) {
                const { hosts = [], methods = [], paths = [] } = operation ?? {};
                assert.ok(methods.length > 0 && paths.length > 0, manifestKey(object));
                const [host = ""] = hosts;
                assert.match(host, /^[a-z-]+\.sparc\.example\.com$/);
                assert.deepEqual(hosts, [host, `${host}:*`], manifestKey(object));
            }
        }
    });
});
