import assert from "node:assert/strict";
import { isHealthy } from "../../cli/status/model";
import { readStatus } from "../../cli/status/read";
import { toText } from "../../cli/status/text";
import type { Command, CommandResult } from "../../cli/lib/cluster/cluster";
import { type KubeObject, keyOf } from "../../cli/lib/drift/objects";
import { clusterWith, platform } from "../verify/deployed";
import type { FakeCluster } from "../verify/fake-cluster";

const NOW = new Date("2026-11-29T12:00:00Z");
const RUNNING = [{ namespace: "sparc", name: "web", ready: 2, desired: 2 }];

/** Prometheus' samples, by a part of the query. */
const ANSWERS: Readonly<Record<string, readonly (readonly [Record<string, string>, number])[]>> = {
    "service:requests:rate5m": [[{ service: "auth" }, 12.34]],
    "service:failures:ratio_rate5m": [
        [{ service: "auth" }, 0.25],
        [{ service: "web" }, 1],
    ],
    "service:duration_milliseconds:p99_5m": [[{ service: "auth" }, 741.6]],
    envoy_cluster_outlier_detection_ejections_active: [[{ service: "auth" }, 1]],
    ALERTS: [
        [
            {
                __name__: "ALERTS",
                alertname: "MeshHighLatency",
                alertstate: "firing",
                severity: "ticket",
                service: "auth",
            },
            1,
        ],
    ],
};

const FIRST = "istio-admingateway-certificate";

function untilOf({ metadata }: KubeObject): string {
    return metadata.name === FIRST ? "2026-12-29T12:00:00Z" : "2027-02-01T00:00:00Z";
}

/** The deployed program, with a reachable Prometheus, ready certificates and a rollout. */
function meshWith(change?: Parameters<typeof clusterWith>[0]): FakeCluster {
    const cluster = clusterWith(change);
    const put = (object: KubeObject & { readonly status: unknown }): void => {
        cluster.objects.set(keyOf(object), object);
    };
    put({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name: "prometheus-0",
            namespace: "monitoring",
            labels: { "app.kubernetes.io/name": "prometheus" },
        },
        status: { phase: "Running" },
    });
    for (const object of [...cluster.objects.values()].filter(({ kind }) => kind === "Certificate"))
        put({
            ...object,
            status: { notAfter: untilOf(object), conditions: [{ type: "Ready", status: "True" }] },
        });
    put({
        apiVersion: "flagger.app/v1beta1",
        kind: "Canary",
        metadata: { name: "auth", namespace: "sparc" },
        status: {
            phase: "Progressing",
            canaryWeight: 20,
            conditions: [{ type: "Promoted", message: "New revision detected" }],
        },
    });
    const withoutMetrics = cluster.exec.bind(cluster);
    cluster.exec = (command: Command): Promise<CommandResult> => {
        if (command.command[0] !== "/bin/promtool") return withoutMetrics(command);
        const question = command.command.at(-1) ?? "";
        const [, samples = []] = Object.entries(ANSWERS).find(([part]) => question.includes(part)) ?? [];
        const vector = samples.map(([metric, value]) => ({ metric, value: [0, String(value)] }));
        return Promise.resolve({ code: 0, stdout: JSON.stringify(vector), stderr: "" });
    };
    return cluster;
}

function look(cluster: FakeCluster, workloads = RUNNING) {
    return readStatus(cluster, platform, workloads, new AbortController().signal);
}

describe("mesh status", () => {
    it("shows the health of services with traffic, compared with their SLOs", async () => {
        const { services, alerts, canaries, certificates, drift, unavailable } = await look(meshWith());
        assert.deepEqual({ drift, unavailable }, { drift: [], unavailable: [] });
        // `web` has no traffic.
        assert.deepEqual(
            services.map(({ service, requestsPerSecond, errorRate, p99Ms, ejectedEndpoints }) => ({
                service,
                requestsPerSecond,
                errorRate,
                p99Ms,
                ejectedEndpoints,
            })),
            [
                {
                    service: "auth",
                    requestsPerSecond: 12.34,
                    errorRate: 0.25,
                    p99Ms: 741.6,
                    ejectedEndpoints: 1,
                },
            ],
        );
        assert.deepEqual(alerts, [{ name: "MeshHighLatency", severity: "ticket", subject: "service=auth" }]);
        assert.deepEqual(canaries, [
            {
                namespace: "sparc",
                name: "auth",
                phase: "Progressing",
                weight: 20,
                message: "New revision detected",
            },
        ]);
        assert.deepEqual(
            certificates.find(({ name }) => name === FIRST),
            { namespace: "istio-ingress", name: FIRST, ready: true, notAfter: "2026-12-29T12:00:00Z" },
        );
    });

    it("fits on one screen, and marks exceeded thresholds", async () => {
        const status = await look(meshWith());
        const text = toText(status, NOW);
        assert.match(text, /auth .* 12\.3 .*! 25\.0% \(.*! 742 \(\d+\).* 1 /);
        assert.ok(
            text.includes(`Certificates: 5 of 5 ready; next to expire: istio-ingress/${FIRST}, in 30 days.`),
            text,
        );
        assert.match(text, /sparc\/auth .*Progressing .*20% .*New revision detected/);
        assert.match(text, /Alerts: 1\n {2}MeshHighLatency \(ticket\) service=auth/);
        assert.match(text, /Drift from the desired state: none\./);
        assert.ok(text.split("\n").length < 40);
    });

    it("is healthy only if everything exists, is ready and matches the desired state", async () => {
        assert.ok(isHealthy(await look(meshWith())));

        assert.ok(!isHealthy(await look(meshWith(), [{ ...RUNNING[0]!, ready: 1 }])));

        const opened = await look(
            meshWith((objects) =>
                objects.map((object) =>
                    object.kind === "PeerAuthentication"
                        ? { ...object, spec: { mtls: { mode: "PERMISSIVE" } } }
                        : object,
                ),
            ),
        );
        assert.ok(!isHealthy(opened));
        assert.match(
            toText(opened, NOW),
            /Drift from the desired state: \d+\n {2}PeerAuthentication .* was changed/,
        );

        const waiting = meshWith();
        const certificate = {
            apiVersion: "cert-manager.io/v1",
            kind: "Certificate",
            metadata: { name: "internal", namespace: "istio-ingress" },
        };
        waiting.objects.set(keyOf(certificate), certificate);
        const unready = await look(waiting);
        assert.ok(!isHealthy(unready));
        assert.match(
            toText(unready, NOW),
            /Certificates: 5 of 6 ready.*\n {2}istio-ingress\/internal is not ready/,
        );
    });

    it("reports foreign objects as a remark", async () => {
        const typeMeta = { apiVersion: "networking.istio.io/v1", kind: "Sidecar" };
        const foreign = { ...typeMeta, metadata: { name: "somebodys", namespace: "sparc" }, spec: {} };
        const status = await look(meshWith((objects) => [...objects, foreign]));
        assert.ok(isHealthy(status));
        assert.match(toText(status, NOW), /1 foreign object in the program's namespaces\./);
    });

    it("reports unavailable data, shows the rest, and is unhealthy", async () => {
        const silent = meshWith();
        silent.exec = () => Promise.resolve({ code: 1, stdout: "", stderr: "connection refused" });
        const status = await look(silent);
        assert.deepEqual(status.unavailable, [
            "metrics and alerts: Prometheus query failed: connection refused",
        ]);
        assert.equal(status.certificates.length, 5);
        assert.ok(!isHealthy(status));

        const none = meshWith();
        none.objects.delete("Pod monitoring/prometheus-0");
        assert.deepEqual((await look(none)).unavailable, [
            "metrics and alerts: no Prometheus runs in namespace monitoring",
        ]);
    });
});
