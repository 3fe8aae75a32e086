import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import { listImages } from "../../cli/images/list";
import { mirrorScript } from "../../cli/images/mirror-script";
import { imageProblems, pinned } from "../../components/shared/pods/images";
import { deriveAll } from "../../components/concerns";
import { parseConfig, readStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";
import { runMesh } from "../support/cli";
import { testConfig } from "../support/config";

const ROOT = join(__dirname, "..", "..");
const ECR = "811122223333.dkr.ecr.eu-central-1.amazonaws.com/mesh";
const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

function prodWith(images: object): MeshConfig {
    return parseConfig("test", { ...readStackFile("prod", ROOT), images });
}

/** All strings that name an image or a hub, at any depth. */
function imageStrings(value: unknown): string[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) =>
        ["image", "hub", "repository"].includes(key) && typeof inner === "string"
            ? [inner]
            : imageStrings(inner),
    );
}

describe("images.mirrors", () => {
    const mirrors = {
        "docker.io": `${ECR}/docker-hub`,
        "quay.io": "mirror.example.com:5000",
        "registry.k8s.io": ECR,
        "public.ecr.aws": ECR,
    };

    it("replace their registries in everything that the program deploys", () => {
        const config = prodWith({ mirrors });
        assert.deepEqual(imageProblems({ catalogue, config }), []);
        const { objects, releases } = deriveAll({ catalogue, config });
        const all = [...objects, ...releases.map(({ values }) => values)].flatMap(imageStrings);
        assert.ok(all.length > 8, all.join());
        assert.deepEqual(
            all.filter((name) => /^(docker\.io|quay\.io|registry\.k8s\.io|public\.ecr\.aws)/.test(name)),
            [],
        );
        for (const expected of [
            `${ECR}/docker-hub/istio`,
            "mirror.example.com:5000/jetstack/cert-manager-controller",
            `${ECR}/autoscaling/cluster-autoscaler`,
            `${ECR}/eks/aws-load-balancer-controller`,
        ])
            assert.ok(all.includes(expected), `${expected}: ${all.join()}`);
    });

    it("keep the digests of the original names", () => {
        const config = prodWith({ mirrors, pins: { "docker.io/istio/pilot:1.31.1": DIGEST } });
        assert.equal(
            pinned("docker.io/istio/pilot:1.31.1", config),
            `${ECR}/docker-hub/istio/pilot:1.31.1@${DIGEST}`,
        );
    });

    it("of registries that no image comes from are mistakes", () => {
        const [problem = "", ...more] = imageProblems({
            catalogue,
            config: prodWith({ mirrors: { "docker.oi": ECR } }),
        });
        assert.deepEqual(more, []);
        assert.match(problem, /^images\.mirrors\.docker\.oi: .*docker\.io, public\.ecr\.aws, quay\.io/);
    });

    it("must be registries", () => {
        for (const mirror of [
            "https://x.example.com",
            "x.example.com/",
            "x.example.com/a:1",
            "X.example.com",
        ])
            assert.throws(
                () => prodWith({ mirrors: { "docker.io": mirror } }),
                /must be a registry and/,
                mirror,
            );
    });
});

describe("the hub of Istio's images", () => {
    it("is not a registry that ends", () => {
        for (const hub of ["registry.istio.io/release", "gcr.io/istio-release"])
            assert.throws(
                () => testConfig({ domain: "a.example", istio: { hub } }),
                /istio\.hub: .*end in December 2026/,
                hub,
            );
    });
});

describe("mesh images", () => {
    it("lists every image with its digest and its mirror, and charts with further images", () => {
        const config = prodWith({
            pins: { "docker.io/istio/pilot:1.31.1": DIGEST },
            mirrors: { "docker.io": ECR },
        });
        const { images, charts } = listImages({ catalogue, config });
        assert.deepEqual(
            images.find(({ name }) => name.includes("/pilot:")),
            {
                name: "docker.io/istio/pilot:1.31.1",
                digest: DIGEST,
                pulledFrom: `${ECR}/istio/pilot:1.31.1`,
            },
        );
        assert.deepEqual(
            images.find(({ name }) => name.includes("cainjector")),
            {
                name: "quay.io/jetstack/cert-manager-cainjector:v1.21.2",
                pulledFrom: "quay.io/jetstack/cert-manager-cainjector:v1.21.2",
            },
        );
        assert.match(
            charts.join(),
            /^flagger [\d.]+,jaeger [\d.]+,kube-prometheus-stack [\d.]+,loadtester [\d.]+$/,
        );
    });

    it("prints a script that copies by digest and creates the repositories of Amazon ECR", () => {
        const folder = mkdtempSync(join(tmpdir(), "mesh-images-"));
        const log = join(folder, "log");
        for (const [name, exit] of [
            ["crane", 0],
            // No repository exists: every description fails.
            ["aws", 1],
        ] as const) {
            const body = `#!/bin/sh\necho ${name} "$@" >> ${log}\ncase "$2" in describe-*) exit ${exit};; esac\n`;
            writeFileSync(join(folder, name), body);
            chmodSync(join(folder, name), 0o755);
        }
        const config = prodWith({ pins: { "docker.io/istio/pilot:1.31.1": DIGEST } });
        const { images } = listImages({ catalogue, config });
        const script = mirrorScript("prod", images, ECR);
        execFileSync("sh", [], {
            input: script,
            env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` },
        });
        const ran = readFileSync(log, "utf8").trim().split("\n");
        rmSync(folder, { recursive: true });
        assert.ok(
            ran.includes(`crane copy docker.io/istio/pilot@${DIGEST} ${ECR}/docker.io/istio/pilot:1.31.1`),
            ran.join("\n"),
        );
        assert.ok(
            ran.includes(`crane copy docker.io/istio/proxyv2:1.31.1 ${ECR}/docker.io/istio/proxyv2:1.31.1`),
        );
        assert.ok(
            ran.includes(
                "aws ecr create-repository --region eu-central-1 --repository-name mesh/docker.io/istio/pilot",
            ),
        );
        assert.equal(ran.filter((line) => line.startsWith("crane")).length, images.length);
        // The comment says how to use the copies.
        const [, registry = "", mirror = ""] = /^# {7}(docker\.io): (\S+)$/m.exec(script) ?? [];
        const mirrored = prodWith({ mirrors: { [registry]: mirror } });
        assert.equal(pinned("docker.io/istio/pilot:1.31.1", mirrored), `${ECR}/docker.io/istio/pilot:1.31.1`);
    });

    it("creates no repositories elsewhere, and quotes names that a shell would interpret", () => {
        const script = mirrorScript("x", [{ name: "a.example/b$(c):1", pulledFrom: "" }], "m.example");
        assert.doesNotMatch(script, /aws ecr/);
        assert.match(script, /^crane copy 'a\.example\/b\$\(c\):1' 'm\.example\/a\.example\/b\$\(c\):1'$/m);
    });

    it("rejects a mirror that is no registry, and two formats at once", async () => {
        const bad = await runMesh("images", "--stack", "prod", "--mirror", "https://x");
        assert.equal(bad.status, 2);
        assert.match(bad.stderr, /--mirror https:\/\/x: must be a registry and/);
        const both = await runMesh("images", "--stack", "prod", "--mirror", "x.example", "--json");
        assert.match(both.stderr, /--json and --mirror exclude each other/);
    });
});
