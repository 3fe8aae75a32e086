/** The mesh's root is exchanged for another by the stages of docs/runbooks/mesh-ca.md, while services call each other. */
import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { MESHED_NAMESPACES } from "../../components/base/names";
import { readStackFile } from "../../config/load";
import { certificatesIn, split } from "./cert-manager";
import { CHECKOUT, mesh, withStack } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { type Asked, underLoad } from "./load";
import { ASKED_BY_GATEWAY, callsFrom } from "./mesh-load";
import { type Held, heldBy } from "./proxies";

/** Each proxy of the mesh is started anew twice for it, which takes minutes. */
const AT_ONCE = 4;
/** A kubelet looks at what it has mounted about once a minute, and istiod writes to every namespace. */
const HEARD_MS = 240_000;
const PROXIES = [
    "deploy/auth.sparc",
    "deploy/postgres.databases",
    "deploy/istio-ingressgateway.istio-ingress",
];

describe("another root of the mesh, by stages", function () {
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

    // What comes next would find another root than its own.
    after(() => mesh(CHECKOUT, ["down"]));

    async function rootOf(generation: number): Promise<X509Certificate> {
        const [root] = await certificatesIn(node, "istio-system", `mesh-root-${generation}`);
        return root ?? assert.fail(`there is no root ${generation}`);
    }

    /** Every namespace's proxies verify istiod by exactly these. */
    async function namespacesTrust(roots: readonly X509Certificate[]): Promise<void> {
        const wanted = roots.map(({ serialNumber }) => serialNumber).sort();
        await eventually(async () => {
            for (const namespace of MESHED_NAMESPACES) {
                const text = await node.kubectl([
                    ...["get", "configmap", "istio-ca-root-cert", "--namespace", namespace],
                    ...["--output", "jsonpath={.data.root-cert\\.pem}"],
                ]);
                const found = split(text).map(({ serialNumber }) => serialNumber);
                assert.deepEqual(found.sort(), wanted, namespace);
            }
        }, HEARD_MS);
    }

    async function startAnew(): Promise<void> {
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
            for (let start = 0; start < all.length; start += AT_ONCE) {
                const wave = all.slice(start, start + AT_ONCE);
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

    /** A pod that was replaced may still be about to go. */
    async function eachHolds(check: (held: Held) => void): Promise<void> {
        for (const proxy of PROXIES)
            await eventually(async () => {
                check(await heldBy(node, proxy));
            });
    }

    async function loaded(work: () => Promise<void>): Promise<Asked> {
        const asked = await underLoad(callsFrom(node, "api-gateway", ASKED_BY_GATEWAY), 1, work);
        process.stdout.write(`      ${asked.count} requests, ${asked.failures.length} failed\n`);
        assert.deepEqual(asked.failures, []);
        assert.ok(asked.count > 100);
        return asked;
    }

    it("1: another root is there and signs nothing", async () => {
        await node.up(withMesh({ roots: [1, 2] }));
        [first, second] = [await rootOf(1), await rootOf(2)];
        const { chain } = await heldBy(node, "deploy/auth.sparc");
        assert.ok(chain.at(1)?.verify(first.publicKey));
    });

    it("2: every namespace and every proxy trusts both, while the old one signs", async () => {
        await loaded(async () => {
            await node.up(withMesh({ roots: [1, 2], trust: [String(first), String(second)] }));
            await namespacesTrust([first, second]);
            await startAnew();
            await eachHolds(({ chain, trusted }) => {
                assert.equal(trusted.length, 2);
                assert.ok(chain.at(1)?.verify(first.publicKey));
            });
        });
    });

    it("3: the new one signs, and every proxy has a certificate under it", async () => {
        await loaded(async () => {
            await node.up(withMesh({ roots: [1, 2], signing: 2, trust: [String(first), String(second)] }));
            await eventually(async () => {
                const [own] = await certificatesIn(node, "istio-system", "mesh-intermediate");
                assert.ok(own?.verify(second.publicKey));
                const log = await node.kubectl([
                    ...["logs", "--namespace", "istio-system", "--selector", "app=istiod", "--tail=-1"],
                    "--since=300s",
                ]);
                assert.match(log, /newly added intermediate CA/);
            }, HEARD_MS);
            await startAnew();
            await eachHolds(({ chain }) => {
                assert.ok(chain.at(1)?.verify(second.publicKey));
            });
        });
    });

    it("4: the old one goes, and nobody trusts it any more", async () => {
        await loaded(async () => {
            await node.up(withMesh({ roots: [2], signing: 2, trust: [String(second)] }));
            await namespacesTrust([second]);
        });
    });
});
