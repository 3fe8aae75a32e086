import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf, filesBelow, type Json } from "../../lib/digest";
import { type ReleaseRequest } from "../resource";

/** Prefixes of remote charts, whose content is determined by their version. */
const REMOTE = /^(oci|https?):\/\//;

export function isFolder({ chart, repository }: ReleaseRequest): boolean {
    return repository === undefined && !REMOTE.test(chart);
}

/** A digest of a release: the chart's content, its values and its options. */
export async function digestOfRelease(release: ReleaseRequest): Promise<string> {
    const content = isFolder(release) ? await contentOf(release.chart) : release.chart;
    // The path of the chart's folder and the timeout do not affect the result.
    const inputs = { ...release, chart: content, timeout: 0 };
    return digestOf(inputs as unknown as Json);
}

async function contentOf(folder: string): Promise<Json> {
    const files = await filesBelow(folder);
    return Promise.all(files.map(async (path) => [path, await readFile(join(folder, path), "base64")]));
}
