import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { extract, type Header } from "tar-stream";

import { type ImageFile, withFolders, writeArchive, writeLayer } from "../../local/images/archive";
import { parseLdd } from "../../local/images/libraries";

interface Entry {
    readonly header: Header;
    readonly body: string;
}

async function entriesOf(file: string): Promise<Entry[]> {
    const entries: Entry[] = [];
    const tar = createReadStream(file).pipe(extract());
    for await (const entry of tar as unknown as AsyncIterable<NodeJS.ReadableStream & { header: Header }>)
        entries.push({ header: entry.header, body: await text(entry) });
    return entries;
}

describe("an image", () => {
    let folder: string;
    let files: ImageFile[];

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-image-"));
        await writeFile(join(folder, "program"), "machine code");
        files = [
            { path: "/usr/bin/tool", from: join(folder, "program"), mode: 0o755 },
            { path: "/usr/bin/alias", link: "tool" },
            { path: "/etc/passwd", text: "root:x:0:0::/:/nologin\n", mode: 0o644 },
            { path: "/tmp", folder: true, mode: 0o1777 },
        ];
    });
    afterEach(async () => {
        await rm(folder, { recursive: true });
    });

    it("has a layer of its files with their parent folders, in order", async () => {
        const layer = join(folder, "layer.tar");
        await writeLayer(layer, files);
        const entries = await entriesOf(layer);
        assert.deepEqual(
            entries.map(({ header }) => `${header.name} ${header.mode.toString(8)} ${header.linkname}`),
            [
                "etc/ 755 null",
                "etc/passwd 644 null",
                "tmp/ 1777 null",
                "usr/ 755 null",
                "usr/bin/ 755 null",
                "usr/bin/alias 777 tool",
                "usr/bin/tool 755 null",
            ],
        );
        assert.equal(entries.at(-1)?.body, "machine code");
        assert.ok(entries.every(({ header }) => header.mtime.getTime() === 0 && header.uid === 0));
    });

    it("has the same layer for any order of files", async () => {
        const [a, b] = [join(folder, "a.tar"), join(folder, "b.tar")];
        assert.equal(await writeLayer(a, files), await writeLayer(b, [...files].reverse()));
        assert.deepEqual(await readFile(a), await readFile(b));
    });

    it("is an archive that names its configuration, its reference and its layer", async () => {
        const layer = join(folder, "layer.tar");
        const archive = join(folder, "image.tar");
        const sha256 = await writeLayer(layer, files);
        assert.equal(
            sha256,
            createHash("sha256")
                .update(await readFile(layer))
                .digest("hex"),
        );
        const start = { user: "65532:65532", entrypoint: ["/usr/bin/tool"], environment: { LANG: "C" } };
        await writeArchive(archive, "sparc.local/tool:1", { file: layer, sha256 }, start);
        const entries = await entriesOf(archive);
        const [manifest] = JSON.parse(
            entries.find(({ header }) => header.name === "manifest.json")?.body ?? "",
        ) as {
            Config: string;
            RepoTags: string[];
            Layers: string[];
        }[];
        assert.ok(manifest);
        assert.deepEqual(manifest.RepoTags, ["sparc.local/tool:1"]);
        assert.deepEqual(manifest.Layers, [`${sha256}/layer.tar`]);
        const config = entries.find(({ header }) => header.name === manifest.Config)?.body ?? "";
        assert.equal(manifest.Config, `${createHash("sha256").update(config).digest("hex")}.json`);
        assert.deepEqual((JSON.parse(config) as { config: unknown }).config, {
            User: "65532:65532",
            Entrypoint: ["/usr/bin/tool"],
            Env: ["PATH=/usr/local/bin:/usr/sbin:/usr/bin", "LANG=C"],
            WorkingDir: "/",
        });
    });

    it("keeps the mode of a folder that is declared", () => {
        const folders = withFolders([
            { path: "/tmp/file", text: "", mode: 0o644 },
            { path: "/tmp", folder: true, mode: 0o1777 },
        ]);
        assert.deepEqual(folders[0], { path: "/tmp", folder: true, mode: 0o1777 });
    });
});

describe("the output of ldd", () => {
    it("contains libraries by name, and the loader by its path", () => {
        const output = [
            "\tlinux-vdso.so.1 (0x00007f)",
            "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)",
            "\t/lib64/ld-linux-x86-64.so.2 (0x00007f)",
        ].join("\n");
        assert.deepEqual(parseLdd(output, "envoy"), [
            { name: "libm.so.6", path: "/lib/x86_64-linux-gnu/libm.so.6" },
            { name: "/lib64/ld-linux-x86-64.so.2", path: "/lib64/ld-linux-x86-64.so.2" },
        ]);
        assert.deepEqual(parseLdd("\tstatically linked", "tool"), []);
    });

    it("with a missing library is an error with both names", () => {
        assert.throws(() => parseLdd("\tlibx.so.1 => not found", "envoy"), {
            message: "envoy needs the library libx.so.1, which is not installed.",
        });
    });
});
