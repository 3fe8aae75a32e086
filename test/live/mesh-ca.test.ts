/** The mesh's intermediate CA is renewed while services call each other. */
import assert from "node:assert/strict";
import { MESH_CA } from "../../components/base/names";
import { certificatesIn, renew } from "./cert-manager";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { underLoad } from "./load";
import { API_GATEWAY_CALLS, callsFrom } from "./mesh-load";
import { secretsOf } from "./proxies";

const SYSTEM = "istio-system";
/** The kubelet refreshes a mounted Secret about once a minute. */
const MOUNT_PROPAGATION_MS = 240_000;

describe("the mesh CA on the local cluster", function () {
    this.timeout(900_000);
    let node: Deployment;

    const restart = async (service: string) => {
        const what = ["--namespace", "sparc", `deployment/${service}`];
        await node.kubectl(["rollout", "restart", ...what]);
        await node.kubectl(["rollout", "status", ...what, "--timeout=300s"]);
    };
    /** Every istiod container with its restart count. */
    const istiods = async () =>
        node.kubectl([
            ...["get", "pods", "--namespace", SYSTEM, "--selector", "app=istiod", "--output"],
            "jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount}{end}",
        ]);
    const intermediate = async () => {
        const [intermediateCertificate] = await certificatesIn(node, SYSTEM, MESH_CA.secret);
        return intermediateCertificate?.serialNumber;
    };

    before(async () => {
        node = await Deployment.of();
    });

    it("signs every workload certificate, and is signed by the root that proxies trust", async () => {
        const [root] = await certificatesIn(node, SYSTEM, "mesh-root-1");
        for (const workload of ["deploy/auth.sparc", "deploy/istio-ingressgateway.istio-ingress"]) {
            const { chain, trusted } = await secretsOf(node, workload);
            assert.equal(chain[1]?.serialNumber, await intermediate(), workload);
            assert.deepEqual(
                trusted.map(({ serialNumber }) => serialNumber),
                [root?.serialNumber],
                workload,
            );
        }
    });

    it("is renewed under load: no request fails, no istiod restarts, and new pods get its certificates", async () => {
        const before = { istiods: await istiods(), serial: await intermediate() };
        let renewed = "";
        const { count, failures } = await underLoad(
            callsFrom(node, "api-gateway", API_GATEWAY_CALLS),
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
                }, MOUNT_PROPAGATION_MS);
                // Its new sidecar requests a certificate; all others keep theirs.
                await restart("reports");
            },
        );
        process.stdout.write(`      ${count} requests during the renewal, ${failures.length} failed\n`);
        assert.notEqual(renewed, before.serial);
        assert.deepEqual(failures, []);
        assert.ok(count > 500, `${count} requests`);
        assert.equal(await istiods(), before.istiods);
        // The replaced pod may still be terminating.
        await eventually(async () => {
            assert.equal((await secretsOf(node, "deploy/reports.sparc")).chain[1]?.serialNumber, renewed);
        });
        assert.equal((await secretsOf(node, "deploy/auth.sparc")).chain[1]?.serialNumber, before.serial);
    });

    it("allows calls between old and new certificates in both directions", async () => {
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
