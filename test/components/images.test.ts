/** Images by digest: every image that the program names, in objects and in rendered charts. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { platform as catalogue } from "../../catalogue/platform";
import { imageProblems, namedImages } from "../../components/shared/pods/images";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";
import type { MeshConfig } from "../../config/schema";
import { findings } from "../policy/support/stacks";
import { requireToolchain } from "../support/istiod/control-plane";
import { policyNamed } from "../policy/holes/assertions";

const ROOT = join(__dirname, "..", "..");
const DIGEST = /@sha256:[0-9a-f]{64}$/;

/** A fake digest that differs for each image: 64 hex digits. */
const digestOf = (index: number) => `sha256:${index.toString(16).padStart(64, "0")}`;

function pinnedAll(stack: string): MeshConfig {
    const config = loadStackFile(stack, ROOT);
    const pins = Object.fromEntries(
        namedImages({ catalogue, config }).map((image, index) => [image, digestOf(index + 1)]),
    );
    return { ...config, images: { ...config.images, digests: "required", pins } };
}

/** All strings under keys that name an image, at any depth. */
function imagesIn(value: unknown): string[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) =>
        key === "image" && typeof inner === "string" ? [inner] : imagesIn(inner),
    );
}

describe("images by digest", function () {
    this.timeout(240_000);

    for (const stack of ["prod", "dev", "local"])
        it(`are in every container and every chart's values of stack ${stack}`, () => {
            const config = pinnedAll(stack);
            assert.deepEqual(imageProblems({ catalogue, config }), []);
            const { objects, releases } = deriveAll({ catalogue, config });
            for (const object of objects)
                for (const image of imagesIn(object))
                    assert.match(image, DIGEST, `${object.kind} ${object.metadata.name}`);
            const rule = policyNamed("workloads-images");
            const resources = releases.map((release) => ({
                urn: `urn:pulumi:test::test::x::${release.name}`,
                type: "kubernetes:helm.sh/v3:Release",
                name: release.name,
                props: {
                    name: release.name,
                    namespace: release.namespace,
                    chart:
                        release.chart.from === "folder"
                            ? release.chart.path
                            : release.name.replace(/^(istiod|istio-cni).*/, "$1").replace("istio-", ""),
                    values: release.values,
                },
            }));
            assert.deepEqual(
                findings(rule, resources, { digest: true }).map(
                    ({ subject, problem: wrong }) => `${subject?.name ?? ""}: ${wrong}`,
                ),
                [],
            );
        });

    it("change nothing if none is listed", () => {
        const config = loadStackFile("prod", ROOT);
        const { objects, releases } = deriveAll({ catalogue, config });
        assert.doesNotMatch(JSON.stringify([objects, releases]), /@sha256:/);
    });

    it("are in istiod, istio-cni and every injected proxy, as Helm renders them", async function () {
        const toolchain = await requireToolchain(this);
        const config = pinnedAll("prod");
        const { releases } = deriveAll({ catalogue, config });
        const made = (name: RegExp, chart: string) => {
            const release = releases.find((one) => name.test(one.name));
            assert.ok(release !== undefined);
            const text = execFileSync(
                toolchain.program("helm"),
                [
                    "template",
                    release.name,
                    join(toolchain.charts, chart),
                    "--values",
                    "-",
                    "--namespace",
                    "istio-system",
                ],
                {
                    input: JSON.stringify(release.values),
                    encoding: "utf8",
                    maxBuffer: 64 * 1024 * 1024,
                    stdio: ["pipe", "pipe", "ignore"],
                },
            );
            return parseAllDocuments(text).map(
                (document) => document.toJS() as Record<string, unknown> | null,
            );
        };
        const istiod = made(/^istiod/, "istiod");
        const pilot = istiod.filter((object) => object?.["kind"] === "Deployment").flatMap(imagesIn);
        assert.deepEqual(pilot, [
            `docker.io/istio/pilot:1.31.1@${config.images.pins["docker.io/istio/pilot:1.31.1"] ?? ""}`,
        ]);
        const node = made(/^istio-cni$/, "cni").filter((object) => object?.["kind"] === "DaemonSet");
        assert.deepEqual(node.flatMap(imagesIn), [
            `docker.io/istio/install-cni:1.31.1@${config.images.pins["docker.io/istio/install-cni:1.31.1"] ?? ""}`,
        ]);
        const injector = istiod.find(
            (object) =>
                object?.["kind"] === "ConfigMap" &&
                (object["metadata"] as { name: string }).name.startsWith("istio-sidecar-injector"),
        );
        const { data } = injector as { data: { values: string } };
        const { global } = JSON.parse(data.values) as {
            global: { proxy: { image: string }; proxy_init: { image: string } };
        };
        const proxy = `docker.io/istio/proxyv2:1.31.1@${config.images.pins["docker.io/istio/proxyv2:1.31.1"] ?? ""}`;
        assert.deepEqual([global.proxy.image, global.proxy_init.image], [proxy, proxy]);
    });

    it("are reported as missing, all at once and with the image's name, if the stack requires them", () => {
        const config = loadStackFile("prod", ROOT);
        const required = { ...config, images: { ...config.images, digests: "required" as const } };
        const missing = imageProblems({ catalogue, config: required });
        assert.equal(missing.length, namedImages({ catalogue, config }).length);
        assert.ok(missing.length >= 9, missing.join("\n"));
        assert.ok(missing.some((text) => text.includes("docker.io/istio/proxyv2:1.31.1 has no digest")));
        assert.deepEqual(imageProblems({ catalogue, config }), []);
    });

    it("of unknown images are rejected: a version has changed, or a name is misspelled", () => {
        const config = loadStackFile("prod", ROOT);
        const pins = { "docker.io/istio/pilot:1.30.0": digestOf(1) };
        const unknown = imageProblems({
            catalogue,
            config: { ...config, images: { ...config.images, pins } },
        });
        assert.equal(unknown.length, 1);
        assert.match(
            unknown[0] ?? "",
            /images\.pins\.docker\.io\/istio\/pilot:1\.30\.0: .*named here: .*docker\.io\/istio\/pilot:1\.31\.1/,
        );
    });

    it("must have the form of digests", () => {
        const parse =
            (images: unknown, more: object = {}) =>
            () =>
                testConfig({ domain: "mesh.example.com", images, ...more });
        for (const digest of [
            "sha256:ab",
            "ab".repeat(32),
            `sha512:${"ab".repeat(64)}`,
            `sha256:${"AB".repeat(32)}`,
        ])
            assert.throws(parse({ pins: { "a/b:1": digest } }), /must be a digest: sha256:/, digest);
        for (const image of ["a/b", "a/b:1@sha256:ab", "a b:1", ":1"])
            assert.throws(parse({ pins: { [image]: digestOf(1) } }), /must be an image with its tag/, image);
        assert.throws(parse({ digests: "requierd" }), /did you mean "required"/);
        assert.throws(
            parse({}, { edge: { rateLimit: { image: "ratelimit@sha256:ab" } } }),
            /edge\.rateLimit\.image: must be an image with its tag/,
        );
        const { edge } = parse({}, { edge: { rateLimit: { image: `r:1@${digestOf(1)}` } } })();
        assert.equal(edge.rateLimit.image, `r:1@${digestOf(1)}`);
    });
});
