import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

import { type Header, pack, type Pack } from "tar-stream";

/** A file, link or folder in an image; `path` is absolute. */
export type ImageFile =
    | { readonly path: string; readonly from: string; readonly mode: number }
    | { readonly path: string; readonly text: string; readonly mode: number }
    | { readonly path: string; readonly link: string }
    | { readonly path: string; readonly folder: true; readonly mode: number };

/** The process of an image. */
export interface ImageProcess {
    /** Numeric `user:group`, as runAsNonRoot requires. */
    readonly user: string;
    readonly entrypoint: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Writes an image's only layer: a tar of its files and their parent folders, sorted by path and without timestamps, so that
 * it is reproducible.
 *
 * @returns the layer's SHA-256 in hexadecimal
 */
export async function writeLayer(target: string, files: readonly ImageFile[]): Promise<string> {
    const tar = pack();
    const hash = createHash("sha256");
    const written = save(tar, target, (chunk) => hash.update(chunk));
    await Promise.all([written, fill(tar, withFolders(files))]);
    return hash.digest("hex");
}

/** Writes a docker-archive of one image with one layer, for `ctr images import`. */
export async function writeArchive(
    target: string,
    reference: string,
    layer: { readonly file: string; readonly sha256: string },
    start: ImageProcess,
): Promise<void> {
    const config = JSON.stringify(imageConfig(layer.sha256, start));
    const configName = `${createHash("sha256").update(config).digest("hex")}.json`;
    const layerName = `${layer.sha256}/layer.tar`;
    const manifest = JSON.stringify([{ Config: configName, RepoTags: [reference], Layers: [layerName] }]);
    const tar = pack();
    const written = save(tar, target);
    const write = async (): Promise<void> => {
        await addText(tar, header({ name: configName, mode: 0o644 }), config);
        await addFile(tar, header({ name: layerName, mode: 0o644 }), layer.file);
        await addText(tar, header({ name: "manifest.json", mode: 0o644 }), manifest);
        tar.finalize();
    };
    await Promise.all([written, write()]);
}

/** An image's configuration in Docker's format. */
export function imageConfig(layerSha256: string, start: ImageProcess): object {
    return {
        architecture: process.arch === "x64" ? "amd64" : process.arch,
        os: "linux",
        config: {
            User: start.user,
            Entrypoint: start.entrypoint,
            Env: Object.entries({ PATH: "/usr/local/bin:/usr/sbin:/usr/bin", ...start.environment }).map(
                ([name, value]) => `${name}=${value}`,
            ),
            WorkingDir: "/",
        },
        rootfs: { type: "layers", diff_ids: [`sha256:${layerSha256}`] },
        history: [{ created_by: "sparc-mesh" }],
    };
}

/** The files and their missing parent folders, sorted by path. */
export function withFolders(files: readonly ImageFile[]): ImageFile[] {
    const all = new Map<string, ImageFile>();
    for (const file of files) {
        const parts = file.path.split("/").slice(1, -1);
        parts.forEach((_, index) => {
            const path = `/${parts.slice(0, index + 1).join("/")}`;
            if (!all.has(path)) all.set(path, { path, folder: true, mode: 0o755 });
        });
        all.set(file.path, file);
    }
    return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function fill(tar: Pack, files: readonly ImageFile[]): Promise<void> {
    for (const file of files) {
        const name = file.path.slice(1);
        if ("folder" in file) tar.entry(header({ name: `${name}/`, mode: file.mode, type: "directory" }));
        else if ("link" in file)
            tar.entry(header({ name, type: "symlink", linkname: file.link, mode: 0o777 }));
        else if ("text" in file) await addText(tar, header({ name, mode: file.mode }), file.text);
        else await addFile(tar, header({ name, mode: file.mode }), file.from);
    }
    tar.finalize();
}

type TarEntry = Partial<Header> & Pick<Header, "name">;

function header(values: TarEntry): TarEntry {
    return { ...values, mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" };
}

async function addText(tar: Pack, entry: TarEntry, text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
        tar.entry(entry, text, (error) => {
            if (error) reject(error);
            else resolve();
        });
    });
}

async function addFile(tar: Pack, entry: TarEntry, from: string): Promise<void> {
    const { size } = await stat(from);
    // tar-stream's streams are compatible with Node.js' except for their type.
    const sink = tar.entry({ ...entry, size }) as unknown as NodeJS.WritableStream;
    await pipeline(createReadStream(from), sink);
}

async function save(tar: Pack, target: string, onChunk?: (chunk: Uint8Array) => void): Promise<void> {
    const seen = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of tar as AsyncIterable<Uint8Array>) {
            onChunk?.(chunk);
            yield chunk;
        }
    };
    await pipeline(seen, createWriteStream(target, { mode: 0o600 }));
}
