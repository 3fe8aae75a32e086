/** EKS Pod Identity with a real istiod and a real Envoy: which sidecars route to the node's agent. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { platform } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { requireEnvoy } from "../support/envoy/program";
import { type ControlPlane, requireToolchain, startControlPlane } from "../support/istiod/control-plane";
import { outboundClusters } from "../support/istiod/inbound";

describe("the EKS Pod Identity agent, with a real istiod", function () {
    this.timeout(600_000);
    const { recordings } = platform.services;
    assert.ok(recordings !== undefined);
    const catalogue = {
        ...platform,
        services: { ...platform.services, recordings: { ...recordings, aws: { podIdentity: true } } },
    };
    const { objects } = deriveAll({
        catalogue,
        config: loadStackFile("prod", join(__dirname, "..", "..")),
    });
    const names = ["recordings", "thumbnails", "video"];
    let plane: ControlPlane | undefined;
    let envoy: string;

    before(async function () {
        const toolchain = await requireToolchain(this);
        envoy = await requireEnvoy(this);
        const selected = objects.filter(
            ({ kind, metadata: { namespace, name } }) =>
                namespace === "sparc" &&
                ((kind === "Sidecar" && [...names, "default"].includes(name)) ||
                    (kind === "ServiceEntry" && name === "eks-pod-identity")),
        );
        assert.equal(selected.length, 5);
        plane = await startControlPlane(toolchain, selected, {
            outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
        });
    });
    after(() => plane?.stop());

    it("is reachable for the service that declares it; the other sidecars drop connections to it", async () => {
        assert.ok(plane !== undefined);
        for (const [index, name] of names.entries()) {
            const clusters = await outboundClusters(envoy, plane, {
                namespace: "sparc",
                labels: { "sparc.dev/service": name },
                address: `10.1.0.${index + 1}`,
            });
            assert.equal(
                clusters.get("169.254.170.23_80"),
                name === "recordings" ? "outbound|80||pod-identity.eks.internal" : undefined,
                name,
            );
            assert.equal(clusters.get("virtualOutbound"), "BlackHoleCluster", name);
        }
    });
});
