/**
 * The limiter's Redis has no password: the limiter's identity is the only one that reaches it. Judged by a real istiod, whose
 * configuration a real Envoy has taken, and by cyclonus (docs/adr/0031-rights.md).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import { judge, oneDirection } from "../../support/cyclonus";
import { requireEnvoy } from "../../support/envoy/program";
import { type ControlPlane, requireToolchain, startControlPlane } from "../../support/istiod/control-plane";
import { type WayIn, waysIn } from "../../support/istiod/inbound";

const REDIS = { namespace: "istio-ingress", labels: { "sparc.dev/service": "ratelimit-redis" } };
const PORT = 6379;
const ADDRESS = "10.1.0.1";

describe("the limiter's Redis", function () {
    this.timeout(600_000);
    const { objects } = deriveAll({
        catalogue,
        config: loadStackFile("prod", join(__dirname, "..", "..", "..")),
    });

    it("is open in the network to the limiter alone, says cyclonus", async function () {
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
            const verdicts = judge(
                cyclonus,
                policies.flatMap((policy) => oneDirection(policy, direction)),
                matrix,
            );
            assert.deepEqual(
                matrix.filter(({ expected }, index) => verdicts[index] !== expected),
                [],
                direction,
            );
        }
    });

    describe("at its sidecar, beside a real istiod", () => {
        let plane: ControlPlane | undefined;
        let ways: readonly WayIn[] = [];

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
            ways = await waysIn(envoy, plane, { ...REDIS, address: ADDRESS }, PORT);
        });
        after(() => plane?.stop());

        it("takes connections in mutual TLS alone", () => {
            assert.ok(ways.length > 0);
            for (const { tls } of ways) assert.equal(tls?.["require_client_certificate"], true);
        });

        it("asks of each connection that it is the limiter's", () => {
            for (const { filters } of ways) {
                const rbac = filters.filter(({ name }) => name === "envoy.filters.network.rbac");
                assert.ok(rbac.length > 0);
                const allowing = rbac.filter(
                    ({ typed_config: { rules } }) => ((rules ?? {}) as { action?: string }).action !== "DENY",
                );
                assert.equal(allowing.length, 1);
                const text = JSON.stringify(allowing[0]?.typed_config);
                const identities = [...text.matchAll(/spiffe:\/\/([^"\\]+)/g)].map(([, id]) => id);
                assert.deepEqual([...new Set(identities)], ["cluster.local/ns/istio-ingress/sa/ratelimit"]);
                // In front of what carries the bytes.
                assert.ok(
                    filters.findIndex(({ name }) => name === "envoy.filters.network.rbac") <
                        filters.findIndex(({ name }) => name === "envoy.filters.network.tcp_proxy"),
                );
            }
        });
    });
});
