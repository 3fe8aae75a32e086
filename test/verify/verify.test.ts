import assert from "node:assert/strict";
import type { KubeObject } from "../../cli/lib/drift/objects";
import { CannotVerify } from "../../cli/lib/cluster/cannot-verify";
import { expectations } from "../../cli/verify/plan/expect";
import { exitCode } from "../../cli/verify/report/model";
import { verifyCluster } from "../../cli/verify/verify";
import { clusterWith, options, platform } from "./deployed";

const isNot = (kind: string, name: string) => (object: KubeObject) =>
    object.kind !== kind || object.metadata.name !== name;

describe("verifying a mesh", () => {
    it("passes with exactly the program's objects", async () => {
        const cluster = clusterWith();
        const report = await verifyCluster(cluster, options);
        assert.deepEqual(
            [report.mismatches, report.miscounts, report.drift, report.unchecked],
            [[], [], [], []],
        );
        assert.equal(report.results.length, expectations(platform).length);
        assert.equal(exitCode(report), 0);
    });

    it("runs only the given layers, and reports the skipped ones", async () => {
        const report = await verifyCluster(clusterWith(), { ...options, layers: ["authorization"] });
        assert.deepEqual([...new Set(report.results.map(({ check }) => check.layer))], ["authorization"]);
        assert.deepEqual(
            report.unchecked.map(({ part }) => part),
            ["identity", "ingress", "egress", "resilience"].map((layer) => `the layer ${layer}`),
        );
        assert.equal(exitCode(report), 0);
    });

    it("probes from the canary's and the primary's pod during a rollout", async () => {
        const cluster = clusterWith();
        cluster.addPod("sparc", "web", "10.244.0.3", "web-primary");
        const callers = new Set<string>();
        cluster.onExec = ({ namespace, pod }) => callers.add(`${namespace}/${pod}`);
        const before = await verifyCluster(clusterWith(), { ...options, layers: ["authorization"] });
        const report = await verifyCluster(cluster, { ...options, layers: ["authorization"] });
        const ofWeb = before.results.filter(({ check }) => check.source.name === "web");
        assert.ok(ofWeb.length > 0);
        assert.equal(report.results.length, before.results.length + ofWeb.length);
        assert.deepEqual(report.mismatches, []);
        assert.ok(callers.has("sparc/web-0") && callers.has("sparc/web-primary-0"), [...callers].join(", "));
    });

    it("names an AuthorizationPolicy that was deleted, with its edge", async () => {
        const report = await verifyCluster(
            clusterWith((objects) => objects.filter(isNot("AuthorizationPolicy", "auth-from-web"))),
            options,
        );
        assert.equal(exitCode(report), 1);
        assert.deepEqual(
            new Set(report.mismatches.map(({ checkResult: { check } }) => check.reason)),
            new Set(["web calls auth on grpc", "web calls auth on grpc, with the token's tenant"]),
        );
        for (const { checkResult, explanations } of report.mismatches) {
            assert.equal(checkResult.actual, "RBAC denial");
            assert.deepEqual(explanations, [
                "AuthorizationPolicy sparc/auth-from-web is missing: it allows web → auth on 9090: POST /small.Auth/Check",
            ]);
        }
    });

    it("names a VirtualService with a wrong timeout and too many retries", async () => {
        const report = await verifyCluster(
            clusterWith((objects) =>
                objects.map((object) => {
                    if (object.kind !== "VirtualService" || object.metadata.namespace !== "sparc")
                        return object;
                    // Another service's route also changed, but does not explain it.
                    if (object.metadata.name !== "auth")
                        return { ...object, spec: { ...(object.spec as object), exportTo: ["*"] } };
                    return {
                        ...object,
                        spec: {
                            hosts: ["auth.sparc.svc.cluster.local"],
                            http: [{ timeout: "60s", retries: { attempts: 5 } }],
                        },
                    };
                }),
            ),
            options,
        );
        assert.equal(exitCode(report), 1);
        const expected = report.mismatches.map(({ checkResult: { check } }) => check.expected.kind);
        assert.deepEqual(new Set(expected), new Set(["attempts", "timeout"]));
        for (const { checkResult, explanations } of report.mismatches) {
            assert.equal(checkResult.check.destination.name, "auth");
            assert.equal(explanations.length, 1, explanations.join("\n"));
            assert.match(explanations.join(), /^VirtualService sparc\/auth was changed/);
        }
    });

    it("names a VirtualService with a timeout that is one second too long", async () => {
        const report = await verifyCluster(
            clusterWith((objects) =>
                objects.map((object) =>
                    object.kind === "VirtualService" && object.metadata.name === "auth"
                        ? (JSON.parse(
                              JSON.stringify(object).replaceAll(/"timeout":"(\d+)s"/g, '"timeout":"$1.9s"'),
                          ) as KubeObject)
                        : object,
                ),
            ),
            options,
        );
        assert.deepEqual(
            report.mismatches.map(({ checkResult: { check } }) => check.expected.kind),
            ["timeout"],
        );
    });

    it("names a PeerAuthentication that was set PERMISSIVE, and detects it on the wire", async () => {
        const report = await verifyCluster(
            clusterWith((objects) =>
                objects.map((object) =>
                    isNot("PeerAuthentication", "auth")(object)
                        ? object
                        : { ...object, spec: { ...(object.spec as object), mtls: { mode: "PERMISSIVE" } } },
                ),
            ),
            options,
        );
        assert.equal(exitCode(report), 1);
        const [difference, ...others] = report.mismatches;
        assert.deepEqual(others, []);
        assert.equal(difference?.checkResult.check.source.name, "(outside-mesh)");
        assert.equal(difference.checkResult.actual, "RBAC denial");
        assert.deepEqual(difference.explanations, [
            'PeerAuthentication sparc/auth was changed: spec.mtls.mode is "PERMISSIVE" in the cluster and "STRICT" in the program',
        ]);
    });

    it("fails for a missing object even if traffic matches", async () => {
        const report = await verifyCluster(
            clusterWith((objects) => objects.filter(isNot("NetworkPolicy", "auth"))),
            options,
        );
        assert.deepEqual(report.mismatches, []);
        assert.equal(exitCode(report), 1);
    });

    it("fails if TCP connections ended for another reason than a denial", async () => {
        const cluster = clusterWith();
        let readings = 0;
        cluster.onExec = ({ command }) => {
            if (command[0] === "pilot-agent" && ++readings === 3) cluster.denied.set("databases/cache", 0);
        };
        const report = await verifyCluster(cluster, options);
        assert.deepEqual(report.mismatches, []);
        assert.deepEqual(
            report.miscounts.map(({ workload, counted }) => [workload, counted]),
            [["databases/cache", 0]],
        );
        assert.equal(exitCode(report), 1);
    });

    it("does not miscount requests that were repeated because the connection to a prober broke", async () => {
        const cluster = clusterWith();
        cluster.brokenBatches = 1;
        const report = await verifyCluster(cluster, options);
        assert.deepEqual([report.mismatches, report.miscounts], [[], []]);
        assert.ok(report.results.some(({ result }) => result.attempts === 2));
    });

    it("still detects a miscount after the connection to a prober broke", async () => {
        const cluster = clusterWith();
        cluster.brokenBatches = 1;
        let readings = 0;
        cluster.onExec = ({ command }) => {
            if (command[0] === "pilot-agent" && ++readings === 3) cluster.denied.set("databases/cache", 0);
        };
        const report = await verifyCluster(cluster, options);
        assert.deepEqual(
            report.miscounts.map(({ workload }) => workload),
            ["databases/cache"],
        );
    });

    it("does not treat a lost reading of Envoy's counters as zero", async () => {
        const cluster = clusterWith();
        let readings = 0;
        cluster.onExec = ({ command }) => {
            if (command[0] === "pilot-agent" && ++readings === 5) cluster.lostReadings = 1;
        };
        const report = await verifyCluster(cluster, options);
        assert.ok(readings > 5);
        assert.deepEqual(report.miscounts, []);
    });

    it("fails for ingress that it skips because a gateway has no certificate, unless that was named", async () => {
        const cluster = clusterWith();
        cluster.objects.delete("Secret istio-ingress/istio-ingressgateway-certificate");
        const report = await verifyCluster(cluster, options);
        assert.equal(exitCode(report), 1);
        const named = await verifyCluster(cluster, { ...options, allowUnchecked: ["certificates"] });
        assert.equal(exitCode(named), 0);
        const { unchecked, results } = report;
        assert.deepEqual(unchecked, [
            {
                optional: "certificates",
                requested: false,
                part: "ingress through istio-ingressgateway",
                reason: "Secret istio-ingress/istio-ingressgateway-certificate with its certificate is missing or empty",
            },
        ]);
        assert.equal(
            results.some(({ check }) => check.ingress?.gateway === "istio-ingressgateway"),
            false,
        );
    });
});

describe("a mesh that cannot be verified", () => {
    const lease = (seconds: number): KubeObject => ({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "probe-run", namespace: "sparc", labels: { "sparc.dev/probe": "true" } },
        spec: {
            holderIdentity: "elsewhere/1",
            renewTime: new Date(Date.now() - seconds * 1000).toISOString(),
        },
    });

    it("is one that another run is verifying, whose probers stay", async () => {
        const cluster = clusterWith();
        await cluster.apply(lease(3));
        await assert.rejects(verifyCluster(cluster, options), /another run is verifying fake: elsewhere\/1/);
        assert.deepEqual(cluster.log, ["apply Lease sparc/probe-run"]);
    });

    it("is not one whose last run was killed: its lease expires", async () => {
        const cluster = clusterWith();
        await cluster.apply(lease(30));
        assert.equal(exitCode(await verifyCluster(cluster, options)), 0);
        assert.equal(cluster.objects.has("Lease sparc/probe-run"), false);
    });

    it("is one without a ready pod of each workload", async () => {
        const cluster = clusterWith();
        cluster.objects.delete("Pod sparc/auth-0");
        cluster.objects.delete("Pod databases/cache-0");
        await assert.rejects(verifyCluster(cluster, options), (error) => {
            assert.ok(error instanceof CannotVerify);
            assert.equal(error.message, "no ready pod of auth, cache");
            assert.match(error.remedy, /make up/);
            return true;
        });
    });

    it("is one whose probers cannot start", async () => {
        const cluster = clusterWith();
        const apply = cluster.apply.bind(cluster);
        cluster.apply = async (object) => {
            await apply(object);
            if (object.metadata.name !== "probe-unknown-workload" || object.kind !== "Pod") return;
            const waiting = { reason: "ErrImageNeverPull", message: "no such image" };
            const status = { phase: "Pending", containerStatuses: [{ name: "probe", state: { waiting } }] };
            cluster.objects.set("Pod sparc/probe-unknown-workload", { ...object, status } as KubeObject);
        };
        await assert.rejects(
            verifyCluster(cluster, options),
            /a prober cannot start: sparc\/probe-unknown-workload: ErrImageNeverPull no such image/,
        );
    });
});
