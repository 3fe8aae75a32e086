import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { platform as catalogue } from "../../catalogue/platform";
import { renderFiles } from "../../cli/lib/rendered/files";
import { writeFiles } from "../../cli/lib/rendered/write";
import type { Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { runMesh } from "../support/cli";
import { temporaryFolder } from "../support/folder";

const ROOT = join(__dirname, "..", "..");
const MESH = join(ROOT, "cli", "bin", "mesh.js");

function folder(): string {
    return temporaryFolder("mesh-render-");
}

function filesUnder(root: string): string[] {
    return readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort();
}

describe("mesh render", () => {
    it("writes one file per object and release, the same in another process", async () => {
        const [first, second] = [folder(), folder()];
        execFileSync(MESH, ["render", "--stack", "prod", "--out", first], { cwd: "/" });
        assert.equal((await runMesh("render", "--stack", "prod", "--out", second)).status, 0);

        const { objects, releases } = deriveAll({ catalogue, config: loadStackFile("prod", ROOT) });
        const files = filesUnder(first).filter((path) => path.endsWith(".yaml"));
        assert.equal(files.length, objects.length + releases.length);
        for (const path of files) {
            assert.equal(
                readFileSync(join(first, path), "utf8"),
                readFileSync(join(second, path), "utf8"),
                path,
            );
        }
    });

    it("writes what the program derives, in paths of namespace, kind and name", () => {
        const files = renderFiles(deriveAll({ catalogue, config: loadStackFile("prod", ROOT) }));
        for (const [path, content] of files) {
            if (path.startsWith("_releases/")) continue;
            const { kind, metadata } = parse(content) as Manifest;
            assert.equal(path, `${metadata.namespace ?? "_cluster"}/${kind}/${metadata.name}.yaml`);
        }
        const istiod = parse(files.get("_releases/istiod-1-31-1.yaml") ?? "") as Record<string, unknown>;
        assert.deepEqual(Object.keys(istiod), ["name", "namespace", "chart", "version", "values"]);
    });

    it("removes obsolete files, but none that it did not write", () => {
        const out = folder();
        writeFiles(
            out,
            new Map([
                ["sparc/Sidecar/a.yaml", "a"],
                ["sparc/Gateway/b.yaml", "b"],
            ]),
        );
        writeFileSync(join(out, "README.md"), "mine");
        const report = writeFiles(out, new Map([["sparc/Sidecar/a.yaml", "a2"]]));
        assert.deepEqual(report, { written: 1, unchanged: 0, removed: 1 });
        assert.equal(existsSync(join(out, "sparc/Gateway")), false);
        assert.equal(readFileSync(join(out, "README.md"), "utf8"), "mine");
    });

    it("refuses to replace a file that it did not write, before it writes any", () => {
        const out = folder();
        writeFileSync(join(out, "values.yaml"), "mine");
        assert.throws(
            () =>
                writeFiles(
                    out,
                    new Map([
                        ["a.yaml", "a"],
                        ["values.yaml", "theirs"],
                    ]),
                ),
            /values\.yaml\nPass another folder/,
        );
        assert.deepEqual(filesUnder(out), ["values.yaml"]);
    });

    it("reports that it requires a folder if it is given a file, and keeps the file", () => {
        const file = join(folder(), "notes.md");
        writeFileSync(file, "mine");
        assert.throws(
            () => writeFiles(file, new Map([["a/B/c.yaml", "x"]])),
            /--out .*: it is a file\. Pass a folder/,
        );
        assert.equal(readFileSync(file, "utf8"), "mine");
    });

    it("quotes strings so that YAML 1.1 parsers, such as kubectl's, read the same", () => {
        const redis = deriveAll({ catalogue, config: loadStackFile("local", ROOT) }).objects.find(
            ({ kind, metadata }) => kind === "Deployment" && metadata.name === "ratelimit-redis",
        );
        assert.ok(JSON.stringify(redis).includes('"no"'));
        const text = new Map(renderFiles(deriveAll({ catalogue, config: loadStackFile("local", ROOT) }))).get(
            "istio-ingress/Deployment/ratelimit-redis.yaml",
        );
        assert.deepEqual(parse(text ?? "", { version: "1.1" }), redis);
    });

    it("rejects two objects with one path", () => {
        const object: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name: "twice" } };
        assert.throws(
            () => renderFiles({ releases: [], objects: [object, object] }),
            /_cluster\/Namespace\/twice\.yaml/,
        );
    });

    it("exits with 2 and lists the stacks for an unknown stack", async () => {
        const { status, stderr } = await runMesh("render", "--stack", "prd", "--out", folder());
        assert.equal(status, 2);
        assert.match(stderr, /there is no stack "prd"; the stacks here are dev, local, prod/);
    });
});
