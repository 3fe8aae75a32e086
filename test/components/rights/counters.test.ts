/**
 * The rate limiter's Redis has no password: only the limiter's identity reaches it. Verified with a real istiod and Envoy, and
 * with cyclonus (docs/adr/0031-least-privilege.md).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import { queryTraffic, onlyDirection } from "../../support/cyclonus";
import { requireEnvoy } from "../../support/envoy/program";
import { type ControlPlane, requireToolchain, startControlPlane } from "../../support/istiod/control-plane";
import { type InboundChain, inboundChains } from "../../support/istiod/inbound";

const REDIS = { namespace: "istio-ingress", labels: { "sparc.dev/service": "ratelimit-redis" } };
const PORT = 6379;
const ADDRESS = "10.1.0.1";

describe("the limiter's Redis", function () {
    this.timeout(600_000);
    const { objects } = deriveAll({
        catalogue,
        config: loadStackFile("prod", join(__dirname, "..", "..", "..")),
    });

    it("is reachable in the network only for the limiter, by cyclonus", async function () {
        const cyclonus = (await requireToolchain(this)).program("cyclonus");
        const pods = [
            ...["ratelimit", "ratelimit-redis", "istio-ingressgateway", "istio-admingateway"].map(
                (name) => ["istio-ingress", name] as const,
            ),
            ...Object.keys(catalogue.services).map((name) => ["sparc", name] as const),
            ...["redis", "postgres"].map((name) => ["databases", name] as const),
            ["istio-egress", "istio-egressgateway"] as const,
        ];
        const matrix = pods.flatMap(([namespace, name]) =>
            [PORT, 6380, 22].map((port) => ({
                source: { namespace, labels: { "sparc.dev/service": name } },
                destination: REDIS,
                port,
                expected: name === "ratelimit" && port === PORT,
            })),
        );
        const policies = objects.filter((object) => object.kind === "NetworkPolicy");
        for (const direction of ["Ingress", "Egress"] as const) {
            const verdicts = queryTraffic(
                cyclonus,
                policies.flatMap((policy) => onlyDirection(policy, direction)),
                matrix,
            );
            assert.deepEqual(
                matrix.filter(({ expected }, index) => verdicts[index] !== expected),
                [],
                direction,
            );
        }
    });

    describe("at its sidecar, with a real istiod", () => {
        let plane: ControlPlane | undefined;
        let chains: readonly InboundChain[] = [];

        before(async function () {
            const toolchain = await requireToolchain(this);
            const envoy = await requireEnvoy(this);
            const security = objects.filter(
                ({ kind, metadata: { namespace } }) =>
                    ["AuthorizationPolicy", "PeerAuthentication", "Sidecar"].includes(kind) &&
                    ["istio-system", "istio-ingress"].includes(namespace ?? ""),
            );
            const port = { number: PORT, name: "tcp-redis", protocol: "TCP" };
            const workload = {
                apiVersion: "networking.istio.io/v1",
                kind: "ServiceEntry",
                metadata: { name: "redis", namespace: REDIS.namespace },
                spec: {
                    hosts: ["ratelimit-redis.istio-ingress.svc.cluster.local"],
                    location: "MESH_INTERNAL",
                    resolution: "STATIC",
                    ports: [port],
                    endpoints: [{ address: ADDRESS, labels: REDIS.labels }],
                },
            };
            plane = await startControlPlane(toolchain, [...security, workload], {});
            chains = await inboundChains(envoy, plane, { ...REDIS, address: ADDRESS }, PORT);
        });
        after(() => plane?.stop());

        it("accepts only mutual TLS connections", () => {
            assert.ok(chains.length > 0);
            for (const { tls } of chains) assert.equal(tls?.["require_client_certificate"], true);
        });

        it("requires the limiter's identity for each connection", () => {
            for (const { filters } of chains) {
                const rbac = filters.filter(({ name }) => name === "envoy.filters.network.rbac");
                assert.ok(rbac.length > 0);
                const allowing = rbac.filter(
                    ({ typed_config: { rules } }) => ((rules ?? {}) as { action?: string }).action !== "DENY",
                );
                assert.equal(allowing.length, 1);
                const text = JSON.stringify(allowing[0]?.typed_config);
                const identities = [...text.matchAll(/spiffe:\/\/([^"\\]+)/g)].map(([, id]) => id);
                assert.deepEqual([...new Set(identities)], ["cluster.local/ns/istio-ingress/sa/ratelimit"]);
                // Before the TCP proxy.
                assert.ok(
                    filters.findIndex(({ name }) => name === "envoy.filters.network.rbac") <
                        filters.findIndex(({ name }) => name === "envoy.filters.network.tcp_proxy"),
                );
            }
        });
    });
});
