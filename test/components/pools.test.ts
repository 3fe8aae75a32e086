import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { clusterProblems } from "../../components/cluster/check";
import { parseConfig } from "../../config/load";

const configOf = (cluster: unknown, more: Record<string, unknown> = {}) =>
    parseConfig("test", {
        domain: "mesh.example.com",
        workloads: { standIns: true, image: "stand-in:1" },
        cluster,
        ...more,
    });
const EKS = configOf({ from: "eks", name: "mesh", region: "eu-central-1" });

interface Placed {
    readonly nodeSelector?: Record<string, string>;
    readonly tolerations?: { readonly value: string }[];
}

/** Where everything runs: the pool that it is sent to, and those whose taint it may pass. */
function places(config: typeof EKS): Record<string, string> {
    const { releases, objects } = deriveAll({ catalogue, config });
    const pods = objects.flatMap((object) =>
        object.kind === "Deployment" ? [[object.metadata.name, object.spec?.template.spec] as const] : [],
    );
    const all = [...releases.map(({ name, values }) => [name, values] as const), ...pods];
    return Object.fromEntries(
        all.map(([name, placed]) => {
            const { nodeSelector = {}, tolerations = [] } = (placed ?? {}) as Placed;
            const passes = tolerations.map(({ value }) => value).join();
            return [name, `${nodeSelector["sparc.dev/pool"] ?? "anywhere"} past ${passes || "none"}`];
        }),
    );
}

describe("pools of nodes", () => {
    it("have the gateways on one, services and stores on another, and what the cluster needs on the third", () => {
        const placed = places(EKS);
        for (const name of ["istio-ingressgateway", "istio-admingateway", "istio-egressgateway", "ratelimit"])
            assert.equal(placed[name], "ingress past ingress", name);
        for (const name of [...Object.keys(catalogue.services), ...Object.keys(catalogue.stores)])
            assert.equal(placed[name], "mesh past mesh", name);
        for (const name of ["istiod-1-31-1", "aws-load-balancer-controller", "cluster-autoscaler"])
            assert.equal(placed[name], "system past none", name);
    });

    it("open to meshed pods when istio-cni runs, which istiod tells them", () => {
        const istiod = (config: typeof EKS) =>
            deriveAll({ catalogue, config }).releases.find(({ name }) => name.startsWith("istiod"))?.values[
                "taint"
            ];
        assert.deepEqual(istiod(EKS), { enabled: true, namespace: "istio-system" });
        assert.equal(istiod(configOf({ from: "kubeconfig" })), undefined);
        const without = configOf(EKS.cluster, { istio: { cni: false } });
        assert.match(clusterProblems(without).join(), /^istio\.cni: .*set it to true$/);
    });

    it("are those of a cluster that is there, where it says that it has them", () => {
        const shared = { from: "existing", name: "shared", region: "eu-central-1" };
        const anywhere = new Set(Object.values(places(configOf(shared))));
        assert.deepEqual([...anywhere], ["anywhere past none"]);
        assert.equal(places(configOf({ ...shared, pools: true }))["auth"], "mesh past mesh");
        assert.equal(places(configOf({ ...shared, pools: true }))["cluster-autoscaler"], undefined);
    });
});
