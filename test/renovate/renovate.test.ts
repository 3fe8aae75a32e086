/** renovate.json finds every version that is pinned in the sources, in stack files and in the workflow. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as versions from "../../config/versions";

const ROOT = join(__dirname, "..", "..");

interface Manager {
    readonly description: string;
    readonly managerFilePatterns: readonly string[];
    readonly matchStrings: readonly string[];
    readonly packageNameTemplate?: string;
    readonly depNameTemplate?: string;
    readonly datasourceTemplate?: string;
}

interface Rule {
    readonly matchFileNames?: readonly string[];
    readonly matchPackageNames?: readonly string[];
    readonly enabled?: boolean;
    readonly matchDepNames?: readonly string[];
    readonly allowedVersions?: string;
}

const renovate = JSON.parse(readFileSync(join(ROOT, "renovate.json"), "utf8")) as {
    readonly customManagers: readonly Manager[];
    readonly packageRules: readonly Rule[];
};

interface Dependency {
    readonly depName: string;
    readonly datasource: string;
    readonly currentValue: string;
    readonly currentDigest?: string;
}

/** What the custom managers find in a file: Renovate's patterns are RE2, which these use like JavaScript's. */
function found(path: string, text: string): Dependency[] {
    return renovate.customManagers
        .filter(({ managerFilePatterns }) =>
            managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(path)),
        )
        .flatMap(({ matchStrings, depNameTemplate, datasourceTemplate }) =>
            matchStrings.flatMap((one) =>
                [...text.matchAll(new RegExp(one, "g"))].map(
                    ({ groups }) =>
                        ({
                            depName: depNameTemplate,
                            datasource: datasourceTemplate,
                            ...groups,
                        }) as unknown as Dependency,
                ),
            ),
        );
}

const fileOf = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** The version strings that `config/versions.ts` exports, at any depth. */
function strings(value: unknown): string[] {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

describe("renovate.json", () => {
    it("moves every version of config/versions.ts", () => {
        const moved = found("config/versions.ts", fileOf("config/versions.ts"));
        // The minors of Istio are supported ones, and no pins.
        const { ISTIO_MINORS, POD_SECURITY_VERSION, ...pinned } = versions;
        assert.ok(ISTIO_MINORS.some((minor) => versions.ISTIO_VERSION.startsWith(`${minor}.`)));
        assert.equal(POD_SECURITY_VERSION, `v${versions.EKS_VERSION}`);
        const values = strings({ ...pinned }).map((one) => one.slice(one.lastIndexOf(":") + 1));
        assert.ok(values.length >= 18, String(values.length));
        assert.deepEqual(
            [...new Set(moved.map(({ currentValue }) => currentValue))].sort(),
            [...new Set(values)].sort(),
        );
        assert.equal(new Set(moved.map(({ depName }) => depName)).size, moved.length);
    });

    it("follows the version of Kubernetes with add-ons and autoscaler", () => {
        const [addOns] = renovate.customManagers.filter(({ packageNameTemplate }) => packageNameTemplate);
        const { kubernetesVersion } = JSON.parse(addOns?.packageNameTemplate ?? "{}") as Record<
            string,
            string
        >;
        assert.equal(kubernetesVersion, versions.EKS_VERSION);
        const rule = renovate.packageRules.find(({ matchDepNames }) =>
            matchDepNames?.includes("cluster-autoscaler-image"),
        );
        assert.match(versions.AUTOSCALER.image, new RegExp((rule?.allowedVersions ?? "").slice(1, -1)));
        assert.ok(rule?.allowedVersions?.includes(versions.EKS_VERSION.replace(".", "\\.")));
    });

    it("moves the digests of stack files, quoted or not, with a registry's port", () => {
        const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
        const text = [
            "  sparc-mesh:images:",
            "    pins:",
            `      docker.io/istio/pilot:1.31.1: ${digest}`,
            `      "quay.io/jetstack/cert-manager-webhook:v1.21.2": "${digest}"`,
            `      registry.example.com:5000/team/one:1.0-a: ${digest}`,
        ].join("\n");
        assert.deepEqual(
            found("Pulumi.prod.yaml", text).map(({ depName, datasource, currentValue, currentDigest }) => [
                depName,
                datasource,
                currentValue,
                currentDigest,
            ]),
            [
                ["docker.io/istio/pilot", "docker", "1.31.1", digest],
                ["quay.io/jetstack/cert-manager-webhook", "docker", "v1.21.2", digest],
                ["registry.example.com:5000/team/one", "docker", "1.0-a", digest],
            ],
        );
    });

    it("moves every digest that a file pins", () => {
        const files = execFileSync("git", ["grep", "-lE", "sha256[:=][0-9a-f]{64}"], {
            cwd: ROOT,
            encoding: "utf8",
        });
        // Examples, and the hashes of this program's own inputs.
        const pinning = files
            .trim()
            .split("\n")
            .filter((file) => !/^(docs|test|policy\/baseline)\//.test(file));
        assert.ok(pinning.length > 0);
        // Of the managers that Renovate enables by default, those that know digests (docs.renovatebot.com, "Managers").
        const builtIn = [
            /(^|\/)[\w-]*requirements([-._]\w+)?\.(txt|pip)$/,
            /(^|\/|\.)([Dd]ocker|[Cc]ontainer)file$/,
            /(^|\/)\.github\/workflows\/[^/]+\.ya?ml$/,
        ];
        const custom = renovate.customManagers.flatMap(({ managerFilePatterns, matchStrings }) =>
            matchStrings.some((one) => one.includes("currentDigest"))
                ? managerFilePatterns.map((pattern) => new RegExp(pattern.slice(1, -1)))
                : [],
        );
        for (const file of pinning)
            assert.ok(
                [...builtIn, ...custom].some((pattern) => pattern.test(file)),
                `nothing moves the digests of ${file}`,
            );
    });

    it("keeps the Consul of the tests, the last line under the MPL-2.0", () => {
        const rule = renovate.packageRules.find(({ matchPackageNames }) =>
            matchPackageNames?.includes("github.com/hashicorp/consul"),
        );
        assert.equal(rule?.enabled, false);
        const [folder = ""] = rule.matchFileNames ?? [];
        const module = readFileSync(join(ROOT, folder.replace("**", "go.mod")), "utf8");
        assert.match(module, /^\tgithub\.com\/hashicorp\/consul v1\.14\.\d+( |$)/m);
    });

    it("moves the Pulumi CLI with the SDK", () => {
        const workflow = ".github/workflows/pull-request.yml";
        const { dependencies } = JSON.parse(fileOf("package.json")) as {
            dependencies: Record<string, string>;
        };
        assert.deepEqual(
            found(workflow, fileOf(workflow)).map(({ depName, currentValue }) => [depName, currentValue]),
            [["@pulumi/pulumi", dependencies["@pulumi/pulumi"]]],
        );
    });

    it("has no manager that finds nothing", () => {
        const files = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
        for (const { description, managerFilePatterns } of renovate.customManagers)
            assert.ok(
                managerFilePatterns.every((pattern) =>
                    files.some((file) => new RegExp(pattern.slice(1, -1)).test(file)),
                ),
                description,
            );
        const test = "test/workflows/workflows.test.ts";
        assert.equal(found(test, fileOf(test)).length, 1);
    });
});
