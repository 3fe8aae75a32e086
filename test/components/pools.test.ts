import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { clusterProblems } from "../../components/cluster/check";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";

const ROOT = join(__dirname, "..", "..");

const configOf = (cluster: unknown, more: Record<string, unknown> = {}) =>
    testConfig({
        domain: "mesh.example.com",
        workloads: { standIns: true, image: "stand-in:1" },
        cluster,
        ...more,
    });
const EKS = configOf({ from: "eks", name: "mesh", region: "eu-central-1" });

interface PodSpec {
    readonly nodeSelector?: Record<string, string>;
    readonly tolerations?: { readonly key: string; readonly value?: string }[];
}

/** The node pool of every workload: the one it selects, and those whose taint it tolerates. */
function placements(config: typeof EKS): Record<string, string> {
    const { releases, objects } = deriveAll({ catalogue, config });
    const pods = objects.flatMap((object) =>
        object.kind === "Deployment" ? [[object.metadata.name, object.spec?.template.spec] as const] : [],
    );
    const all = [...releases.map(({ name, values }) => [name, values] as const), ...pods];
    return Object.fromEntries(
        all.map(([name, placed]) => {
            const { nodeSelector = {}, tolerations = [] } = (placed ?? {}) as PodSpec;
            const passes = tolerations.map(({ key, value }) => value ?? key).join();
            return [name, `${nodeSelector["sparc.dev/pool"] ?? "anywhere"} past ${passes || "none"}`];
        }),
    );
}

describe("node pools", () => {
    it("run gateways on one, services and stores on another, and system workloads on the third", () => {
        const placed = placements(EKS);
        for (const name of ["istio-ingressgateway", "istio-admingateway", "istio-egressgateway", "ratelimit"])
            assert.equal(placed[name], "ingress past ingress", name);
        for (const name of [...Object.keys(catalogue.services), ...Object.keys(catalogue.stores)])
            assert.equal(placed[name], "mesh past mesh", name);
        for (const name of ["istiod-1-31-1", "aws-load-balancer-controller", "cluster-autoscaler"])
            assert.equal(placed[name], "system past cni.istio.io/not-ready", name);
        const dev = placements(loadStackFile("dev", ROOT));
        // In the mesh, so istio-cni must run first.
        for (const name of ["flagger", "gates"]) assert.equal(dev[name], "system past none", name);
    });

    it("run what istiod needs before istio-cni is ready", () => {
        const { releases } = deriveAll({ catalogue, config: EKS });
        const { tolerations, webhook, cainjector, startupapicheck } = releases.find(
            ({ name }) => name === "cert-manager",
        )?.values as Record<string, unknown> & Record<string, PodSpec | undefined>;
        for (const one of [
            tolerations,
            webhook?.tolerations,
            cainjector?.tolerations,
            startupapicheck?.tolerations,
        ])
            assert.deepEqual(one, [
                { key: "cni.istio.io/not-ready", operator: "Exists", effect: "NoSchedule" },
            ]);
    });

    it("hold istiod in several zones, ahead of other pods, without blocking a drain", () => {
        const istiod = deriveAll({ catalogue, config: EKS }).releases.find(({ name }) =>
            name.startsWith("istiod"),
        )?.values as {
            pdb: unknown;
            global: { priorityClassName: string };
            topologySpreadConstraints: { topologyKey: string; labelSelector: unknown }[];
        };
        assert.equal(istiod.global.priorityClassName, "system-cluster-critical");
        assert.deepEqual(istiod.pdb, { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
        assert.deepEqual(
            istiod.topologySpreadConstraints.map(({ topologyKey, labelSelector }) => [
                topologyKey,
                labelSelector,
            ]),
            ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((key) => [
                key,
                { matchLabels: { app: "istiod", "istio.io/rev": "1-31-1" } },
            ]),
        );
    });

    it("limit the controllers that act on AWS", () => {
        for (const name of ["aws-load-balancer-controller", "cluster-autoscaler"]) {
            const { resources } = deriveAll({ catalogue, config: EKS }).releases.find(
                (release) => release.name === name,
            )?.values as { resources: { requests: object; limits: object } };
            assert.deepEqual(Object.keys(resources.requests), ["cpu", "memory"], name);
            assert.deepEqual(Object.keys(resources.limits), ["cpu", "memory"], name);
        }
    });

    it("are untainted for pods in the mesh when istio-cni is ready", () => {
        const istiod = (config: typeof EKS) =>
            deriveAll({ catalogue, config }).releases.find(({ name }) => name.startsWith("istiod"))?.values[
                "taint"
            ];
        assert.deepEqual(istiod(EKS), { enabled: true, namespace: "istio-system" });
        assert.equal(istiod(configOf({ from: "kubeconfig" })), undefined);
        const without = configOf(EKS.cluster, { istio: { cni: false } });
        assert.match(clusterProblems(without).join(), /^istio\.cni: .*set it to true$/);
    });

    it("are used on an existing cluster if the stack declares them", () => {
        const shared = { from: "existing", name: "shared", region: "eu-central-1" };
        const anywhere = new Set(Object.values(placements(configOf(shared))));
        assert.deepEqual([...anywhere], ["anywhere past none"]);
        assert.equal(placements(configOf({ ...shared, pools: true }))["auth"], "mesh past mesh");
        assert.equal(placements(configOf({ ...shared, pools: true }))["cluster-autoscaler"], undefined);
    });
});
