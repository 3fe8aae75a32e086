/** The mesh root CA is rotated by the stages of docs/runbooks/mesh-ca.md, while services call each other. */
import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { MESHED_NAMESPACES } from "../../components/base/names";
import { readStackFile } from "../../config/load";
import { certificatesIn, split } from "./cert-manager";
import { CHECKOUT, mesh, withStack } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { type LoadResult, underLoad } from "./load";
import { API_GATEWAY_CALLS, callsFrom } from "./mesh-load";
import { type ProxySecrets, secretsOf } from "./proxies";

/** Each proxy of the mesh restarts twice, which takes minutes. */
const CONCURRENT = 4;
/** The kubelet refreshes mounts about once a minute, and istiod writes to every namespace. */
const PROPAGATION_MS = 240_000;
const PROXIES = [
    "deploy/auth.sparc",
    "deploy/postgres.databases",
    "deploy/istio-ingressgateway.istio-ingress",
];

describe("rotation of the mesh root CA, by stages", function () {
    this.timeout(2_700_000);
    const { certificates } = readStackFile("local", CHECKOUT) as { certificates: Record<string, unknown> };
    const withMesh = (mesh: object) =>
        withStack({ certificates: { ...certificates, mesh: { from: "self-signed", ...mesh } } });
    let node: Deployment;
    let first: X509Certificate;
    let second: X509Certificate;

    before(async () => {
        node = await Deployment.of();
    });

    // The next file expects the original root.
    after(() => mesh(CHECKOUT, ["down"]));

    async function rootOf(generation: number): Promise<X509Certificate> {
        const [root] = await certificatesIn(node, "istio-system", `mesh-root-${generation}`);
        return root ?? assert.fail(`root ${generation} does not exist`);
    }

    /** Asserts that the proxies of every namespace trust exactly these roots. */
    async function namespacesTrust(roots: readonly X509Certificate[]): Promise<void> {
        const expected = roots.map(({ serialNumber }) => serialNumber).sort();
        await eventually(async () => {
            for (const namespace of MESHED_NAMESPACES) {
                const text = await node.kubectl([
                    ...["get", "configmap", "istio-ca-root-cert", "--namespace", namespace],
                    ...["--output", "jsonpath={.data.root-cert\\.pem}"],
                ]);
                const actual = split(text).map(({ serialNumber }) => serialNumber);
                assert.deepEqual(actual.sort(), expected, namespace);
            }
        }, PROPAGATION_MS);
    }

    async function restartProxies(): Promise<void> {
        for (const namespace of MESHED_NAMESPACES) {
            const named = await node.kubectl([
                "get",
                "deployments",
                "--namespace",
                namespace,
                "--output",
                "name",
            ]);
            const all = named.split("\n").filter(Boolean);
            for (let start = 0; start < all.length; start += CONCURRENT) {
                const wave = all.slice(start, start + CONCURRENT);
                await node.kubectl(["rollout", "restart", "--namespace", namespace, ...wave]);
                for (const one of wave)
                    await node.kubectl([
                        "rollout",
                        "status",
                        "--namespace",
                        namespace,
                        one,
                        "--timeout=300s",
                    ]);
            }
        }
    }

    /** Asserts `check` for each proxy. Replaced pods may still be terminating. */
    async function eachHolds(check: (held: ProxySecrets) => void): Promise<void> {
        for (const proxy of PROXIES)
            await eventually(async () => {
                check(await secretsOf(node, proxy));
            });
    }

    async function loaded(work: () => Promise<void>): Promise<LoadResult> {
        const load = await underLoad(callsFrom(node, "api-gateway", API_GATEWAY_CALLS), 1, work);
        process.stdout.write(`      ${load.count} requests, ${load.failures.length} failed\n`);
        assert.deepEqual(load.failures, []);
        assert.ok(load.count > 100);
        return load;
    }

    it("1: another root exists and signs nothing", async () => {
        await node.up(withMesh({ roots: [1, 2] }));
        [first, second] = [await rootOf(1), await rootOf(2)];
        const { chain } = await secretsOf(node, "deploy/auth.sparc");
        assert.ok(chain.at(1)?.verify(first.publicKey));
    });

    it("2: every namespace and every proxy trusts both, while the old root signs", async () => {
        await loaded(async () => {
            await node.up(withMesh({ roots: [1, 2], trustedRoots: [String(first), String(second)] }));
            await namespacesTrust([first, second]);
            await restartProxies();
            await eachHolds(({ chain, trusted }) => {
                assert.equal(trusted.length, 2);
                assert.ok(chain.at(1)?.verify(first.publicKey));
            });
        });
    });

    it("3: the new root signs, and every proxy has a certificate under it", async () => {
        await loaded(async () => {
            await node.up(
                withMesh({ roots: [1, 2], signingRoot: 2, trustedRoots: [String(first), String(second)] }),
            );
            await eventually(async () => {
                const [intermediate] = await certificatesIn(node, "istio-system", "mesh-intermediate");
                assert.ok(intermediate?.verify(second.publicKey));
                const log = await node.kubectl([
                    ...["logs", "--namespace", "istio-system", "--selector", "app=istiod", "--tail=-1"],
                    "--since=300s",
                ]);
                assert.match(log, /newly added intermediate CA/);
            }, PROPAGATION_MS);
            await restartProxies();
            await eachHolds(({ chain }) => {
                assert.ok(chain.at(1)?.verify(second.publicKey));
            });
        });
    });

    it("4: the old root is removed, and no proxy trusts it", async () => {
        await loaded(async () => {
            await node.up(withMesh({ roots: [2], signingRoot: 2, trustedRoots: [String(second)] }));
            await namespacesTrust([second]);
        });
    });
});
