/** The mesh's intermediate CA is renewed while services call each other. */
import assert from "node:assert/strict";
import { MESH_CA } from "../../components/base/names";
import { certificatesIn, renew } from "./cert-manager";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { underLoad } from "./load";
import { ASKED_BY_GATEWAY, callsFrom } from "./mesh-load";
import { heldBy } from "./proxies";

const SYSTEM = "istio-system";
/** A kubelet looks at a mounted Secret about once a minute. */
const MOUNTED_MS = 240_000;

describe("the mesh's CA on the node", function () {
    this.timeout(900_000);
    let node: Deployment;

    const restart = async (service: string) => {
        const what = ["--namespace", "sparc", `deployment/${service}`];
        await node.kubectl(["rollout", "restart", ...what]);
        await node.kubectl(["rollout", "status", ...what, "--timeout=300s"]);
    };
    /** Of every container of istiod: which it is, and how often it was started again. */
    const istiods = async () =>
        node.kubectl([
            ...["get", "pods", "--namespace", SYSTEM, "--selector", "app=istiod", "--output"],
            "jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount}{end}",
        ]);
    const intermediate = async () => {
        const [own] = await certificatesIn(node, SYSTEM, MESH_CA.secret);
        return own?.serialNumber;
    };

    before(async () => {
        node = await Deployment.of();
    });

    it("is above every workload's certificate, and below the root that proxies trust", async () => {
        const [root] = await certificatesIn(node, SYSTEM, "mesh-root-1");
        for (const workload of ["deploy/auth.sparc", "deploy/istio-ingressgateway.istio-ingress"]) {
            const { chain, trusted } = await heldBy(node, workload);
            assert.equal(chain[1]?.serialNumber, await intermediate(), workload);
            assert.deepEqual(
                trusted.map(({ serialNumber }) => serialNumber),
                [root?.serialNumber],
                workload,
            );
        }
    });

    it("is renewed under load: no request fails, no istiod restarts, and what starts then has the new one", async () => {
        const before = { istiods: await istiods(), serial: await intermediate() };
        let renewed = "";
        const { count, failures } = await underLoad(
            callsFrom(node, "api-gateway", ASKED_BY_GATEWAY),
            2,
            async () => {
                renewed = await renew(node, SYSTEM, MESH_CA.secret);
                const since = new Date().toISOString();
                await eventually(async () => {
                    const log = await node.kubectl([
                        ...["logs", "--namespace", SYSTEM, "--selector", "app=istiod", "--tail=-1"],
                        `--since-time=${since}`,
                    ]);
                    assert.match(log, /newly added intermediate CA/);
                }, MOUNTED_MS);
                // Its sidecar asks for a certificate anew; all others keep theirs.
                await restart("reports");
            },
        );
        process.stdout.write(`      ${count} requests while it was renewed, ${failures.length} failed\n`);
        assert.notEqual(renewed, before.serial);
        assert.deepEqual(failures, []);
        assert.ok(count > 500, `${count} requests`);
        assert.equal(await istiods(), before.istiods);
        // The pod that it replaced may still be about to go.
        await eventually(async () => {
            assert.equal((await heldBy(node, "deploy/reports.sparc")).chain[1]?.serialNumber, renewed);
        });
        assert.equal((await heldBy(node, "deploy/auth.sparc")).chain[1]?.serialNumber, before.serial);
    });

    it("lets old and new certificates meet in both directions", async () => {
        const calls = [
            ["reports", ["POST analytics/v1/queries"]],
            ["api-gateway", ["GET reports/v1/reports"]],
        ] as const;
        for (const [caller, callees] of calls) {
            const { failures, count } = await callsFrom(node, caller, callees)();
            assert.deepEqual(failures, [], caller);
            assert.ok(count > 0);
        }
    });
});
