import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf, filesBelow, type Json } from "../../digest";
import { type ReleaseRequest } from "../resource";

/** The prefixes of charts that a registry or repository holds, where the version says what is in them. */
const REMOTE = /^(oci|https?):\/\//;

export function isFolder({ chart, repository }: ReleaseRequest): boolean {
    return repository === undefined && !REMOTE.test(chart);
}

/** Sixteen hexadecimal digits for all that a release is made from: the chart's content, its values, its options. */
export async function digestOfRelease(release: ReleaseRequest): Promise<string> {
    const content = isFolder(release) ? await contentOf(release.chart) : release.chart;
    // Where a chart's folder is and how long Helm may take are no part of what it makes.
    const made = { ...release, chart: content, timeout: 0 };
    return digestOf(made as unknown as Json);
}

async function contentOf(folder: string): Promise<Json> {
    const files = await filesBelow(folder);
    return Promise.all(files.map(async (path) => [path, await readFile(join(folder, path), "base64")]));
}
