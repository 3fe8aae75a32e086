import assert from "node:assert/strict";
import type { KubeObject } from "../../cli/verify/drift/objects";
import { CannotVerify } from "../../cli/verify/errors";
import { expectations } from "../../cli/verify/plan/expect";
import { exitCode } from "../../cli/verify/report/model";
import { verifyCluster } from "../../cli/verify/verify";
import { clusterWith, options, platform } from "./deployed";

const isNot = (kind: string, name: string) => (object: KubeObject) =>
    object.kind !== kind || object.metadata.name !== name;

describe("verifying a mesh", () => {
    it("proves one that holds exactly the program", async () => {
        const cluster = clusterWith();
        const report = await verifyCluster(cluster, options);
        assert.deepEqual(
            [report.differences, report.miscounts, report.drift, report.notChecked],
            [[], [], [], []],
        );
        assert.equal(report.findings.length, expectations(platform).length);
        assert.equal(exitCode(report), 0);
    });

    it("asks the layers alone that it is told to, and says what it leaves out", async () => {
        const report = await verifyCluster(clusterWith(), { ...options, layers: ["source"] });
        assert.deepEqual([...new Set(report.findings.map(({ check }) => check.layer))], ["source"]);
        assert.deepEqual(
            report.notChecked.map(({ part }) => part),
            ["identity", "entry", "egress", "resilience"].map((layer) => `the layer ${layer}`),
        );
        assert.equal(exitCode(report), 0);
    });

    it("asks from the new version's pod and the old one's while a service is rolled out", async () => {
        const cluster = clusterWith();
        cluster.addPod("sparc", "web", "10.244.0.3", "web-primary");
        const asked = new Set<string>();
        cluster.onExec = ({ namespace, pod }) => asked.add(`${namespace}/${pod}`);
        const before = await verifyCluster(clusterWith(), { ...options, layers: ["source"] });
        const report = await verifyCluster(cluster, { ...options, layers: ["source"] });
        const ofWeb = before.findings.filter(({ check }) => check.source.name === "web");
        assert.ok(ofWeb.length > 0);
        assert.equal(report.findings.length, before.findings.length + ofWeb.length);
        assert.deepEqual(report.differences, []);
        assert.ok(asked.has("sparc/web-0") && asked.has("sparc/web-primary-0"), [...asked].join(", "));
    });

    it("names an AuthorizationPolicy that was deleted, with the edge that it stands for", async () => {
        const report = await verifyCluster(
            clusterWith((objects) => objects.filter(isNot("AuthorizationPolicy", "auth-from-web"))),
            options,
        );
        assert.equal(exitCode(report), 1);
        assert.deepEqual(
            new Set(report.differences.map(({ finding: { check } }) => check.because)),
            new Set([
                "web calls auth on grpc",
                "web calls auth on grpc, with the tenant that the token names",
            ]),
        );
        for (const { finding, explanations } of report.differences) {
            assert.equal(finding.got, "RBAC denial");
            assert.deepEqual(explanations, [
                "AuthorizationPolicy sparc/auth-from-web is missing: it allows web → auth on 9090: POST /small.Auth/Check",
            ]);
        }
    });

    it("names a VirtualService by which a call waits too long and is tried too often", async () => {
        const report = await verifyCluster(
            clusterWith((objects) =>
                objects.map((object) => {
                    if (object.kind !== "VirtualService" || object.metadata.namespace !== "sparc")
                        return object;
                    // Another's route, which changed as well, has nothing to do with it.
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
        const expected = report.differences.map(({ finding: { check } }) => check.expected.kind);
        assert.deepEqual(new Set(expected), new Set(["attempts", "given-up"]));
        for (const { finding, explanations } of report.differences) {
            assert.equal(finding.check.destination.name, "auth");
            assert.equal(explanations.length, 1, explanations.join("\n"));
            assert.match(explanations.join(), /^VirtualService sparc\/auth was changed/);
        }
    });

    it("names a VirtualService by which a call waits a second longer than it may", async () => {
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
            report.differences.map(({ finding: { check } }) => check.expected.kind),
            ["given-up"],
        );
    });

    it("names a PeerAuthentication that was set PERMISSIVE, and sees it on the wire", async () => {
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
        const [difference, ...others] = report.differences;
        assert.deepEqual(others, []);
        assert.equal(difference?.finding.check.source.name, "(unmeshed)");
        assert.equal(difference.finding.got, "RBAC denial");
        assert.deepEqual(difference.explanations, [
            'PeerAuthentication sparc/auth was changed: spec.mtls.mode is "PERMISSIVE" in the cluster and "STRICT" in the program',
        ]);
    });

    it("fails over an object that is missing, even where traffic agrees", async () => {
        const report = await verifyCluster(
            clusterWith((objects) => objects.filter(isNot("NetworkPolicy", "auth"))),
            options,
        );
        assert.deepEqual(report.differences, []);
        assert.equal(exitCode(report), 1);
    });

    it("fails where TCP connections ended for another reason than a denial", async () => {
        const cluster = clusterWith();
        let readings = 0;
        cluster.onExec = ({ command }) => {
            if (command[0] === "pilot-agent" && ++readings === 3) cluster.denied.set("databases/cache", 0);
        };
        const report = await verifyCluster(cluster, options);
        assert.deepEqual(report.differences, []);
        assert.deepEqual(
            report.miscounts.map(({ workload, counted }) => [workload, counted]),
            [["databases/cache", 0]],
        );
        assert.equal(exitCode(report), 1);
    });

    it("counts against nobody what was asked twice because the connection to a prober broke", async () => {
        const cluster = clusterWith();
        cluster.broken = 1;
        const report = await verifyCluster(cluster, options);
        assert.deepEqual([report.differences, report.miscounts], [[], []]);
        assert.ok(report.findings.some(({ result }) => result.attempts === 2));
    });

    it("still counts where the connection to a prober broke", async () => {
        const cluster = clusterWith();
        cluster.broken = 1;
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

    it("does not take an answer of Envoy's that was lost for one in which nothing is counted", async () => {
        const cluster = clusterWith();
        let readings = 0;
        cluster.onExec = ({ command }) => {
            if (command[0] === "pilot-agent" && ++readings === 5) cluster.lost = 1;
        };
        const report = await verifyCluster(cluster, options);
        assert.ok(readings > 5);
        assert.deepEqual(report.miscounts, []);
    });

    it("fails over an entry that it left out because a gateway has no certificate, unless that was named", async () => {
        const cluster = clusterWith();
        cluster.objects.delete("Secret istio-ingress/istio-ingressgateway-certificate");
        const report = await verifyCluster(cluster, options);
        assert.equal(exitCode(report), 1);
        const named = await verifyCluster(cluster, { ...options, allowUnchecked: ["certificates"] });
        assert.equal(exitCode(named), 0);
        const { notChecked, findings } = report;
        assert.deepEqual(notChecked, [
            {
                optional: "certificates",
                requested: false,
                part: "entry through istio-ingressgateway",
                why: "the Secret istio-ingress/istio-ingressgateway-certificate with its certificate is missing or empty",
            },
        ]);
        assert.equal(
            findings.some(({ check }) => check.entry?.gateway === "istio-ingressgateway"),
            false,
        );
    });
});

describe("a mesh that cannot be asked", () => {
    const lease = (seconds: number): KubeObject => ({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "probe-run", namespace: "sparc", labels: { "sparc.dev/probe": "true" } },
        spec: {
            holderIdentity: "elsewhere/1",
            renewTime: new Date(Date.now() - seconds * 1000).toISOString(),
        },
    });

    it("is one that another run asks, whose probers then stay", async () => {
        const cluster = clusterWith();
        await cluster.apply(lease(3));
        await assert.rejects(verifyCluster(cluster, options), /another run is verifying fake: elsewhere\/1/);
        assert.deepEqual(cluster.log, ["apply Lease sparc/probe-run"]);
    });

    it("is not one whose last run was killed", async () => {
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
            assert.equal(error.message, "no pod is ready of auth, cache");
            assert.match(error.remedy, /make up/);
            return true;
        });
    });

    it("is one whose probers cannot start", async () => {
        const cluster = clusterWith();
        const apply = cluster.apply.bind(cluster);
        cluster.apply = async (object) => {
            await apply(object);
            if (object.metadata.name !== "probe-stranger" || object.kind !== "Pod") return;
            const waiting = { reason: "ErrImageNeverPull", message: "no such image" };
            const status = { phase: "Pending", containerStatuses: [{ name: "probe", state: { waiting } }] };
            cluster.objects.set("Pod sparc/probe-stranger", { ...object, status } as KubeObject);
        };
        await assert.rejects(
            verifyCluster(cluster, options),
            /a prober cannot start: sparc\/probe-stranger: ErrImageNeverPull no such image/,
        );
    });
});
