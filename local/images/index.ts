import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { digestOf, type Json, sha256OfFile } from "../digest";
import type { Toolchain } from "../toolchain";
import { type ImageFile, writeArchive, writeLayer } from "./archive";
import { CERT_MANAGER_PROGRAMS, type ImageName, imageSpecs, type ImageSpec } from "./catalogue";

/** References of the images made here, for pod specifications and chart values. */
export interface ImageReferences {
    readonly pause: string;
    readonly coredns: string;
    readonly metricsServer: string;
    readonly standin: string;
    readonly ratelimit: string;
    readonly redis: string;
    readonly flagger: string;
    readonly loadtester: string;
    readonly prometheus: string;
    /** The chart's images are `<hub>/cert-manager-controller:<tag>` and so on. */
    readonly certManager: { readonly hub: string; readonly tag: string };
    /** Istio's charts build their references from these two: `<hub>/pilot:<tag>`, `<hub>/proxyv2:<tag>`. */
    readonly istio: { readonly hub: string; readonly tag: string };
}

/** An image with the reference that its content gives it. */
export interface Image {
    readonly spec: ImageSpec;
    readonly reference: string;
}

const hub = "sparc.local";
const istioImages: readonly ImageName[] = ["istio/pilot", "istio/proxyv2"];
const certManagerImages: readonly ImageName[] = CERT_MANAGER_PROGRAMS.map(
    (program) => `jetstack/cert-manager-${program}` as const,
);
/** Images whose chart knows one tag for all of them, so that each changes with the others. */
const SHARING = [istioImages, certManagerImages];

/**
 * Every image with its reference. The tag is a digest of the content, so an image that changes gets
 * another name, and one that is present under its name is the right one.
 */
export async function images(toolchain: Toolchain): Promise<Image[]> {
    const specs = await imageSpecs(toolchain);
    const digests = new Map<ImageName, string>();
    for (const spec of specs) digests.set(spec.name, await contentDigest(spec, toolchain));
    return specs.map((spec) => {
        const sharing = SHARING.find((names) => names.includes(spec.name));
        const own = digests.get(spec.name) ?? "";
        const tag = sharing === undefined ? own : digestOf(sharing.map((name) => digests.get(name) ?? ""));
        return { spec, reference: `${hub}/${spec.name}:${tag}` };
    });
}

/** The references of a list of images that has them all. */
export function referencesOf(all: readonly Image[]): ImageReferences {
    const reference = (name: ImageName): string =>
        all.find((image) => image.spec.name === name)?.reference ?? "";
    return {
        pause: reference("pause"),
        coredns: reference("coredns"),
        metricsServer: reference("metrics-server"),
        standin: reference("standin"),
        ratelimit: reference("ratelimit"),
        redis: reference("redis"),
        flagger: reference("flagger"),
        loadtester: reference("flagger-loadtester"),
        prometheus: reference("prometheus"),
        certManager: {
            hub: `${hub}/jetstack`,
            tag: reference("jetstack/cert-manager-controller").split(":")[1] ?? "",
        },
        istio: { hub: `${hub}/istio`, tag: reference("istio/pilot").split(":")[1] ?? "" },
    };
}

/**
 * Makes the archives of those images whose references are not present, and hands each to `load`.
 *
 * @param folder for the archives while they are needed; emptied before and after
 */
export async function importMissing(
    all: readonly Image[],
    present: ReadonlySet<string>,
    folder: string,
    load: (archive: string, reference: string) => Promise<void>,
): Promise<string[]> {
    const missing = all.filter((image) => !present.has(image.reference));
    try {
        for (const { spec, reference } of missing) {
            await rm(folder, { recursive: true, force: true });
            await mkdir(folder, { recursive: true, mode: 0o700 });
            const layer = join(folder, "layer.tar");
            const archive = join(folder, "image.tar");
            const sha256 = await writeLayer(layer, spec.files);
            await writeArchive(archive, reference, { file: layer, sha256 }, spec.start);
            await load(archive, reference);
        }
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
    return missing.map((image) => image.reference);
}

async function contentDigest(spec: ImageSpec, toolchain: Toolchain): Promise<string> {
    const content = async (file: ImageFile): Promise<Json> => {
        if (!("from" in file)) return { ...file };
        const sha256 = toolchain.sha256(file.from) ?? (await sha256OfFile(file.from));
        return { path: file.path, mode: file.mode, sha256 };
    };
    const files = await Promise.all(spec.files.map(content));
    return digestOf({ files, start: spec.start as unknown as Json });
}
