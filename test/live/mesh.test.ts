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

    describe("with a changed catalogue", () => {
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
        /** Without the call of rules to alerts. */
        const rules =
            '{ ...original.services["rules"]!, calls: original.services["rules"]!.calls!.filter(({ to }) => to !== "alerts") }';
        let earlier: readonly string[];
        let during: readonly string[];

        before(async () => {
            earlier = await names();
            const changed = withPlatform(`{
                ...original,
                services: {
                    ...original.services,
                    rules: ${rules},
                    weather: {
                        domain: "devices",
                        summary: "Reports the weather to cameras.",
                        tier: "background",
                        ports: { http: { protocol: "http", number: 8080, requests: ["GET /v1/weather"] } },
                        calls: [{ to: "audit", port: "grpc", methods: [Object.values(original.services["audit"]!.ports).flatMap((port) => port.protocol === "grpc" ? port.methods : [])[0]!], timeout: "50ms", idempotent: true, assertsTenant: true }],
                    },
                },
            }`);
            assert.ok((await node.up(changed)).created >= 6);
            during = await names();
        });

        it("gains exactly what is added, and loses what is removed", () => {
            const added = during.filter((name) => !earlier.includes(name));
            assert.ok(added.length >= 6);
            assert.deepEqual(
                added.filter((name) => !name.includes("weather")),
                [],
            );
            assert.deepEqual(
                earlier.filter((name) => !during.includes(name)),
                ["authorizationpolicy.security.istio.io/alerts-from-rules"],
            );
        });

        it("denies a call whose edge is deleted, and changes no other access", async () => {
            // With the old catalogue, exactly this call differs: with the new one, none.
            const old = await mesh(CHECKOUT, ["verify", "--json", "--layer", "identity"]);
            assert.equal(old.status, 1, "the old catalogue still matches");
            const { mismatches, drift } = JSON.parse(old.stdout) as {
                mismatches: { source: string; destination: string }[];
                drift: { state: string; object: string }[];
            };
            const calls = new Set(mismatches.map(({ source, destination }) => `${source} → ${destination}`));
            assert.deepEqual([...calls], ["rules → alerts"]);
            // The caller's sidecar no longer knows the host, either.
            const differs = (state: string) =>
                drift.filter((one) => one.state === state).map(({ object }) => object);
            assert.deepEqual(differs("missing"), ["AuthorizationPolicy sparc/alerts-from-rules"]);
            assert.ok(differs("changed").includes("Sidecar sparc/rules"), differs("changed").join());
        });

        it("is as before with the old catalogue", async () => {
            const added = during.filter((name) => !earlier.includes(name));
            assert.equal((await node.up()).pruned, added.length);
            assert.deepEqual(await names(), earlier);
        });
    });
    it("is healthy in mesh status", async () => {
        assert.equal((await nodeStatus()).state, "up");
        assert.equal((await mesh(CHECKOUT, ["status"])).status, 0);
    });
});
