import assert from "node:assert/strict";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { parseConfig, readStackFile } from "../../../config/load";
import { added, IMAGE, only, platform, ROOT, WITHOUT_DELIVERY } from "./platform";

describe("workloads.services", () => {
    for (const stack of ["local", "dev", "prod"]) {
        it(`without an entry changes nothing in ${stack}`, () => {
            const entries = readStackFile(stack, ROOT);
            assert.deepEqual(
                deriveAll({ catalogue, config: parseConfig("test", entries) }),
                deriveAll(platform(stack, {})),
            );
        });
    }

    it("from an image makes a Deployment, a disruption budget and an autoscaler, and nothing else", () => {
        // Of tier critical, with maxReplicas 10.
        const objects = added("prod", { alerts: { from: "image", image: IMAGE } }, WITHOUT_DELIVERY);
        assert.deepEqual(objects.map(({ kind }) => kind).sort(), [
            "Deployment",
            "HorizontalPodAutoscaler",
            "PodDisruptionBudget",
        ]);
        const { metadata, spec } = only(objects, "Deployment");
        assert.equal(metadata.name, "alerts");
        assert.equal(metadata.namespace, "sparc");
        assert.ok(spec);
        assert.equal("replicas" in spec, false, "the autoscaler manages the replicas");
        assert.equal(spec.template.metadata?.labels?.["sparc.dev/service"], "alerts");
        const pod = spec.template.spec;
        assert.ok(pod);
        assert.equal(pod.serviceAccountName, "alerts");
        assert.equal(pod.automountServiceAccountToken, false);
        assert.deepEqual(pod.securityContext, {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            seccompProfile: { type: "RuntimeDefault" },
        });
        const [container] = pod.containers;
        assert.ok(container);
        assert.equal(container.image, IMAGE);
        assert.deepEqual(container.ports, [
            { name: "grpc", containerPort: 9090 },
            { name: "http", containerPort: 8080 },
            { name: "health", containerPort: 8081 },
        ]);
        assert.deepEqual(container.securityContext, {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
        });
        assert.deepEqual(container.lifecycle, { preStop: { sleep: { seconds: 5 } } });
        assert.equal(pod.terminationGracePeriodSeconds, 30);
        assert.deepEqual(
            pod.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey),
            ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
        );

        const { spec: budget } = only(objects, "PodDisruptionBudget");
        assert.deepEqual(budget?.selector, { matchLabels: { "sparc.dev/service": "alerts" } });
        assert.equal(budget.maxUnavailable, 1);

        const { spec: scaling } = only(objects, "HorizontalPodAutoscaler");
        assert.equal(scaling?.minReplicas, 3);
        assert.equal(scaling.maxReplicas, 10);
        assert.equal(scaling.scaleTargetRef.name, "alerts");
        // Of the application's container: the sidecar's CPU must not count.
        assert.equal(scaling.metrics?.[0]?.containerResource?.container, container.name);
    });

    it("from an image passes on probes, environment, references and writable paths", () => {
        const objects = added(
            "dev",
            {
                reports: {
                    from: "image",
                    image: IMAGE,
                    user: 1000,
                    args: ["--verbose"],
                    environment: { LOG_LEVEL: "info" },
                    environmentFromSecrets: { DB_PASSWORD: { name: "reports-db", key: "password" } },
                    environmentFromConfigMaps: { REGION: { name: "region", key: "name" } },
                    writablePaths: ["/tmp", "/var/cache"],
                    readiness: { type: "grpc", port: 9090, service: "reports", periodSeconds: 3 },
                    liveness: { type: "tcp", port: 8080 },
                    startup: { type: "http", port: 8080, path: "/up", failureThreshold: 60 },
                    metrics: { port: 9100, path: "/stats" },
                    drainSeconds: 10,
                    shutdownSeconds: 40,
                },
            },
            WITHOUT_DELIVERY,
        );
        const template = only(objects, "Deployment").spec?.template;
        const pod = template?.spec;
        const container = pod?.containers[0];
        assert.ok(pod && container);
        assert.equal(pod.securityContext?.runAsUser, 1000);
        assert.deepEqual(container.args, ["--verbose"]);
        assert.deepEqual(container.env, [
            { name: "LOG_LEVEL", value: "info" },
            {
                name: "DB_PASSWORD",
                valueFrom: { secretKeyRef: { name: "reports-db", key: "password" } },
            },
            { name: "REGION", valueFrom: { configMapKeyRef: { name: "region", key: "name" } } },
        ]);
        assert.deepEqual(
            container.volumeMounts?.map(({ mountPath }) => mountPath),
            ["/tmp", "/var/cache"],
        );
        assert.deepEqual(
            pod.volumes?.map(({ name }) => name),
            container.volumeMounts.map(({ name }) => name),
        );
        assert.deepEqual(container.readinessProbe, {
            grpc: { port: 9090, service: "reports" },
            periodSeconds: 3,
            timeoutSeconds: 5,
            failureThreshold: 3,
        });
        assert.deepEqual(container.livenessProbe?.tcpSocket, { port: 8080 });
        assert.equal(container.startupProbe?.failureThreshold, 60);
        assert.equal(template.metadata?.annotations?.["prometheus.io/port"], "9100");
        assert.equal(template.metadata.annotations["prometheus.io/path"], "/stats");
        assert.equal(pod.terminationGracePeriodSeconds, 50);
    });

    for (const [name, min, max] of [
        ["alerts", 3, 10],
        // Without maxReplicas.
        ["reports", 2, 2],
    ] as const) {
        it(`from an image gives ${name}, which Flagger rolls out, an autoscaler that Flagger copies`, () => {
            const objects = added("prod", { [name]: { from: "image", image: IMAGE } });
            assert.deepEqual(objects.map(({ kind }) => kind).sort(), [
                "Canary",
                "Deployment",
                "HorizontalPodAutoscaler",
                "PodDisruptionBudget",
                "Role",
            ]);
            assert.equal("replicas" in (only(objects, "Deployment").spec ?? {}), false);
            const { metadata, spec } = only(objects, "HorizontalPodAutoscaler");
            assert.deepEqual([spec?.minReplicas, spec?.maxReplicas], [min, max]);
            assert.deepEqual(only(objects, "Canary").spec.autoscalerRef, {
                apiVersion: "autoscaling/v2",
                kind: "HorizontalPodAutoscaler",
                name: metadata.name,
            });
            const rules = only(objects, "Role").rules?.filter(({ apiGroups }) =>
                apiGroups?.includes("autoscaling"),
            );
            // Flagger reads the target's autoscaler, creates the primary's and updates it.
            assert.deepEqual(rules, [
                {
                    apiGroups: ["autoscaling"],
                    resources: ["horizontalpodautoscalers"],
                    verbs: ["get", "create", "update"],
                },
            ]);
        });
    }

    it("existing with an autoscaler under Flagger names it in the Canary", () => {
        const objects = added("prod", { reports: { from: "existing", autoscaler: "reports-hpa" } });
        assert.equal(only(objects, "Canary").spec.autoscalerRef?.name, "reports-hpa");
        assert.equal(
            objects.some(({ kind }) => kind === "HorizontalPodAutoscaler"),
            false,
        );
    });

    it("from an image replaces the stand-in of that service only, in each of its versions", () => {
        const services = { recordings: { from: "image", image: IMAGE, versions: { v2: `${IMAGE}-rc` } } };
        const traffic = { services: { recordings: { versions: { v1: 90, v2: 10 } } } };
        const { objects } = deriveAll(platform("local", services, { traffic }));
        const images = new Map(
            objects.flatMap((object) =>
                object.kind === "Deployment"
                    ? [[object.metadata.name, object.spec?.template.spec?.containers[0]?.image] as const]
                    : [],
            ),
        );
        assert.equal(images.get("recordings"), IMAGE);
        assert.equal(images.get("recordings-v2"), `${IMAGE}-rc`);
        assert.match(images.get("reports") ?? "", /standin/);
    });

    it("existing patches the workload with label, account and field manager, and makes nothing else", () => {
        const [object, ...others] = added(
            "prod",
            { reports: { from: "existing", kind: "StatefulSet", name: "reporting", version: "v7" } },
            WITHOUT_DELIVERY,
        );
        assert.deepEqual(others, []);
        assert.deepEqual(object, {
            apiVersion: "apps/v1",
            kind: "StatefulSetPatch",
            metadata: {
                name: "reporting",
                namespace: "sparc",
                annotations: { "pulumi.com/patchFieldManager": "sparc-mesh-patch" },
            },
            spec: {
                template: {
                    metadata: { labels: { "sparc.dev/service": "reports", version: "v7" } },
                    spec: { serviceAccountName: "reports", serviceAccount: "reports" },
                },
            },
        });
    });
});
