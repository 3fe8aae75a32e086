import assert from "node:assert/strict";
import { deriveAll } from "../../../components/concerns";
import { added, IMAGE, only, platform, WITHOUT_DELIVERY } from "./platform";

describe("workloads.services from an image, of kinds other than Deployment", () => {
    it("gives each path of a StatefulSet one claim, whatever else is listed and in which order", () => {
        const paths = [
            "/var/lib/orders",
            "/var/lib-orders",
            "/var/lib_orders",
            "/writable/0",
            "/A",
            "/a",
            `/${"x".repeat(80)}`,
            `/${"x".repeat(81)}`,
        ];
        const claims = (listed: readonly string[]) => {
            const volumes = listed.map((path) => ({ path, size: "1Gi" }));
            const source = {
                from: "image",
                image: IMAGE,
                kind: "StatefulSet",
                volumes,
                writablePaths: ["/tmp"],
            };
            const { spec } = only(added("prod", { settings: source }, WITHOUT_DELIVERY), "StatefulSet");
            const templates = (spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name);
            const mounts = spec?.template.spec?.containers[0]?.volumeMounts ?? [];
            const mounted = mounts.filter(({ mountPath }) => mountPath !== "/tmp");
            assert.deepEqual(mounted.map(({ name }) => name).sort(), [...templates].sort());
            assert.equal(new Set(mounts.map(({ name }) => name)).size, mounts.length);
            return new Map(mounted.map(({ mountPath, name }) => [mountPath, name]));
        };
        const first = claims(paths);
        assert.equal(first.get("/var/lib/orders"), "data-var-lib-orders");
        for (const name of first.values()) assert.match(name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        for (const listed of [paths.toReversed(), paths.slice(3), ["/new", ...paths]])
            for (const [path, name] of claims(listed))
                if (path !== "/new") assert.equal(name, first.get(path), path);
    });

    it("gives a StatefulSet the same immutable fields with and without peers", () => {
        const source = { from: "image", image: IMAGE, kind: "StatefulSet" };
        const { spec } = only(added("prod", { settings: source }, WITHOUT_DELIVERY), "StatefulSet");
        assert.deepEqual([spec?.serviceName, spec?.podManagementPolicy], ["settings-peers", "Parallel"]);
    });

    it("makes a Job that is awaited until it exists, and whose deletion is awaited", () => {
        const before = platform("prod", {}, WITHOUT_DELIVERY);
        const { settings } = before.catalogue.services;
        assert.ok(settings);
        const migration = { ...settings, ports: {}, calls: [], exposures: [] };
        const catalogue = { ...before.catalogue, services: { migration } };
        const { config } = platform(
            "prod",
            { migration: { from: "image", image: IMAGE, kind: "Job", retries: 1, deadlineSeconds: 600 } },
            WITHOUT_DELIVERY,
        );
        const { metadata, spec } = only(deriveAll({ catalogue, config }).objects, "Job");
        // By `skipAwait`, Pulumi would create the new Job while the old one of that name is being deleted.
        assert.deepEqual(metadata.annotations, { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" });
        assert.deepEqual([spec?.backoffLimit, spec?.activeDeadlineSeconds], [1, 600]);
        assert.equal(spec?.ttlSecondsAfterFinished, undefined);
        const pod = spec?.template.spec;
        assert.equal(pod?.restartPolicy, "Never");
        assert.equal(pod.serviceAccountName, "migration");
        assert.equal(pod.containers[0]?.readinessProbe, undefined);
        assert.equal(spec?.template.metadata?.annotations?.["sidecar.istio.io/nativeSidecar"], "true");
    });
});
