import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NAMESPACES } from "../../components/base/names";
import { loadStackFile } from "../../config/load";
import { nodeStatus } from "../../local";
import { CHECKOUT, mesh, run, withPlatform } from "./checkout";
import { Deployment } from "./deployment";

describe("the mesh on the local cluster", () => {
    let node: Deployment;

    before(async () => {
        node = await Deployment.of();
    });

    it("runs every service and store, each with its sidecar", async () => {
        const stdout = await node.kubectl([
            ...["get", "pods", "--all-namespaces", "--selector", "sparc.dev/service", "--output", "json"],
        ]);
        const { items } = JSON.parse(stdout) as {
            items: {
                metadata: { labels: Record<string, string>; namespace: string };
                spec: { initContainers?: { name: string }[]; containers: { name: string }[] };
            }[];
        };
        const meshNamespaces: readonly string[] = [NAMESPACES.services, NAMESPACES.stores];
        const workloads = items.filter(({ metadata }) => meshNamespaces.includes(metadata.namespace));
        assert.equal(workloads.length, 28);
        for (const { metadata, spec } of workloads) {
            const containers = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
            assert.ok(
                containers.includes("istio-proxy"),
                `${metadata.labels["sparc.dev/service"]} has no sidecar`,
            );
        }
    });

    it("has no message of `istioctl analyze`", async () => {
        const { istio } = loadStackFile("local", CHECKOUT);
        const revision = istio.stable ?? istio.revisions[0]?.name ?? "";
        for (const namespace of Object.values(NAMESPACES)) {
            const { status, stdout, stderr } = await run(node.program("istioctl"), [
                ...["analyze", "--kubeconfig", node.kubeconfig, "--namespace", namespace],
                ...["--failure-threshold", "Warning", "--revision", revision],
            ]);
            assert.equal(status, 0, stdout + stderr);
            assert.match(stdout + stderr, /No validation issues found/, namespace);
        }
    });

    for (const stack of ["local", "prod"]) {
        it(`accepts every object of ${stack} in a server-side dry run`, async () => {
            const out = mkdtempSync(join(tmpdir(), "mesh-dry-run-"));
            assert.equal((await mesh(CHECKOUT, ["render", "--stack", stack, "--out", out])).status, 0);
            // The chart of aws-privateca-issuer has this kind's CRD, and is not in the toolchain; components/crds has its schema.
            rmSync(join(out, NAMESPACES.system, "AWSPCAIssuer"), { recursive: true, force: true });
            const folders = ["_cluster", ...Object.values(NAMESPACES)].flatMap((folder) => [
                "--filename",
                join(out, folder),
            ]);
            // The local cluster has no Flagger, whose chart has its CRDs.
            const kinds = ["--filename", node.flaggersKinds];
            await node.kubectl(["apply", "--server-side", ...kinds]);
            try {
                await node.kubectl(["wait", "--for", "condition=Established", "--timeout", "60s", ...kinds]);
                await node.kubectl([
                    ...["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--recursive"],
                    ...folders,
                ]);
            } finally {
                await node.kubectl(["delete", ...kinds]);
            }
        });
    }

    it("loses exactly what is removed from the catalogue", async () => {
        const names = async () =>
            (
                await node.kubectl([
                    "get",
                    "deploy,sa,svc,networkpolicy,authorizationpolicy,peerauthentication,requestauthentication," +
                        "sidecar,destinationrule,virtualservice,serviceentry,envoyfilter,gateways.networking.istio.io,telemetries",
                    ...["--all-namespaces", "--output", "name"],
                ])
            )
                .split("\n")
                .filter(Boolean)
                .sort();
        const before = await names();
        const added = withPlatform(`{
            ...original,
            services: {
                ...original.services,
                weather: {
                    domain: "devices",
                    summary: "Reports the weather to cameras.",
                    tier: "background",
                    ports: { http: { protocol: "http", number: 8080, requests: ["GET /v1/weather"] } },
                    calls: [{ to: "audit", port: "grpc", methods: [Object.values(original.services["audit"]!.ports).flatMap((port) => port.protocol === "grpc" ? port.methods : [])[0]!], timeout: "50ms", idempotent: true, assertsTenant: true }],
                },
            },
        }`);
        assert.ok((await node.up(added)).created >= 6);
        const during = await names();
        assert.ok(during.some((name) => name.includes("weather")));
        assert.deepEqual(
            during.filter((name) => !name.includes("weather")),
            before,
        );
        const { pruned } = await node.up();
        assert.equal(pruned, during.length - before.length);
        assert.deepEqual(await names(), before);
    });

    it("denies a call whose edge is deleted, and changes no other access", async () => {
        const without = withPlatform(`{
            ...original,
            services: {
                ...original.services,
                rules: { ...original.services["rules"]!, calls: original.services["rules"]!.calls!.filter(({ to }) => to !== "alerts") },
            },
        }`);
        await node.up(without);
        // Verifying with the old catalogue shows exactly this mismatch, so the new one has none.
        const layers = ["--layer", "identity", "--layer", "authorization"];
        const old = await mesh(CHECKOUT, ["verify", "--json", ...layers]);
        assert.equal(old.status, 1, "the old catalogue still matches");
        const { mismatches } = JSON.parse(old.stdout) as {
            mismatches: { source: string; destination: string }[];
        };
        const calls = new Set(mismatches.map(({ source, destination }) => `${source} → ${destination}`));
        assert.deepEqual([...calls], ["rules → alerts"]);
        await node.up();
    });

    it("is healthy in mesh status", async () => {
        assert.equal((await nodeStatus()).state, "up");
        assert.equal((await mesh(CHECKOUT, ["status"])).status, 0);
    });
});
