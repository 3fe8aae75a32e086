import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { digestOf, type Json, sha256OfFile } from "../lib/digest";
import type { Toolchain } from "../toolchain";
import { type ImageFile, writeArchive, writeLayer } from "./archive";
import { CERT_MANAGER_PROGRAMS, type ImageName, imageSpecs, type ImageSpec } from "./specs";

/** The references of the node's images, for pod specifications and chart values. */
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
    /** Istio's charts build references from a hub and a tag: `<hub>/pilot:<tag>`, `<hub>/proxyv2:<tag>`. Tags by version. */
    readonly istio: { readonly hub: string; readonly tags: Readonly<Record<string, string>> };
}

/** An image with its reference, which depends on its content. */
export interface Image {
    readonly spec: ImageSpec;
    readonly reference: string;
}

const hub = "sparc.local";
const istioImages: readonly ImageName[] = ["istio/pilot", "istio/proxyv2"];
const certManagerImages: readonly ImageName[] = CERT_MANAGER_PROGRAMS.map(
    (program) => `jetstack/cert-manager-${program}` as const,
);
/** Images that share one tag in their chart, so that a change of one changes all of them. */
const SHARED_TAGS = [istioImages, certManagerImages];

/**
 * All images with their references. The tag is a digest of the content, so a changed image gets a new reference, and an
 * existing reference is always up to date.
 */
export async function images(toolchain: Toolchain): Promise<Image[]> {
    const specs = await imageSpecs(toolchain);
    const digests = new Map<ImageSpec, string>();
    for (const spec of specs) digests.set(spec, await contentDigest(spec, toolchain));
    return specs.map((spec) => {
        const group = SHARED_TAGS.find((names) => names.includes(spec.name));
        const sharing = specs.filter((one) => group?.includes(one.name) && one.version === spec.version);
        const digest = digests.get(spec) ?? "";
        const tag = group === undefined ? digest : digestOf(sharing.map((one) => digests.get(one) ?? ""));
        return { spec, reference: `${hub}/${spec.name}:${tag}` };
    });
}

/** The references from a complete list of images. */
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
        istio: {
            hub: `${hub}/istio`,
            tags: Object.fromEntries(
                all.flatMap(({ spec: { name, version }, reference: full }) =>
                    name === "istio/pilot" && version !== undefined
                        ? [[version, full.split(":")[1] ?? ""]]
                        : [],
                ),
            ),
        },
    };
}

/**
 * Builds the archives of images that are not present, and passes each to `load`.
 *
 * @param folder the folder for temporary archives; cleared before and after
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
