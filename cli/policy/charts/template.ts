/** The objects of a Helm release, from the toolchain's `helm template`, cached by a digest of all inputs. */
import { mkdir, readdir, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EKS_VERSION } from "../../../config/versions";
import { digestOf } from "../../../local/lib/digest";
import { digestOfRelease } from "../../../local/engine/helm/digest";
import { type ReleaseRequest } from "../../../local/engine/resource";
import type { KubeObject } from "../../../local/lib/kube-object";
import { ifPresent, readIfPresent, writeAtomically } from "../../../local/lib/files";
import { paths } from "../../../local/lib/paths";
import { run } from "../../../local/lib/process";
import { readYaml } from "./yaml";

/** A chart takes a fraction of a second on an idle machine. */
const TIMEOUT_MS = 120_000;

/** Cache entries that were unused for longer are removed. */
const MAX_UNUSED_MS = 14 * 24 * 3600 * 1000;

/** Version of the cache format, part of every digest. Increase it when entries of the same release change. */
const FORMAT = 1;

/** Next to the toolchain's cache; `make down` keeps both. */
export function cacheFolder(): string {
    return join(dirname(paths().cache), "templated-charts");
}

/**
 * @param release its chart must be a folder
 * @param cache a folder; entries that cannot be read are recreated
 * @throws CommandError with helm's message
 */
export async function template(
    helm: string,
    release: ReleaseRequest,
    cache: string,
): Promise<readonly KubeObject[]> {
    const digest = digestOf({
        format: FORMAT,
        helm,
        kubernetes: EKS_VERSION,
        release: await digestOfRelease(release),
    });
    const entry = join(cache, `${digest}.json`);
    const cached = await readEntry(entry);
    if (cached !== undefined) return cached;
    const objects = await templated(helm, release);
    // A cache that cannot be written only costs time.
    await save(entry, objects).catch(() => undefined);
    return objects;
}

async function templated(helm: string, release: ReleaseRequest): Promise<readonly KubeObject[]> {
    const { name, chart, namespace, skipCrds, values } = release;
    const crds = skipCrds ? [] : ["--include-crds"];
    const args = ["template", name, chart, "--namespace", namespace, "--values", "-", "--skip-tests"];
    const text = await run(helm, [...args, ...crds, "--kube-version", EKS_VERSION], {
        input: { text: JSON.stringify(values) },
        timeout: TIMEOUT_MS,
    });
    return readYaml(text)
        .flatMap(itemsOf)
        .map((object) => withShortSchema(inNamespace(object, namespace)));
}

/** Helm applies the items of a List, and skips documents without an object, such as a comment. */
function itemsOf(document: unknown): readonly KubeObject[] {
    if (typeof document !== "object" || document === null || !("kind" in document)) return [];
    const { kind, items } = document as { kind: unknown; items?: unknown };
    return kind === "List" && Array.isArray(items) ? items.flatMap(itemsOf) : [document as KubeObject];
}

/**
 * Objects without a namespace are created in the release's namespace. For cluster-scoped kinds the field is ignored.
 */
function inNamespace(object: KubeObject, namespace: string): KubeObject {
    return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

/**
 * Removes the field schemas of CustomResourceDefinitions: they are nine tenths of all chart output, and the pack only
 * reads which fields a spec has.
 */
function withShortSchema(object: KubeObject): KubeObject {
    const spec = object["spec"] as { versions?: unknown } | undefined;
    if (object.kind !== "CustomResourceDefinition" || !Array.isArray(spec?.versions)) return object;
    const versions = spec.versions.map((version: { schema?: { openAPIV3Schema?: unknown } }) => {
        const schema = version.schema?.openAPIV3Schema;
        return schema === undefined ? version : { ...version, schema: { openAPIV3Schema: short(schema, 2) } };
    });
    return { ...object, spec: { ...spec, versions } };
}

/** A schema cut off after `depth` levels of properties; the last level has names only. */
function short(schema: unknown, depth: number): unknown {
    if (typeof schema !== "object" || schema === null) return schema;
    const { properties, ...rest } = schema as { properties?: Record<string, unknown> };
    if (properties === undefined) return rest;
    const below = Object.entries(properties).map(([name, inner]): [string, unknown] => [
        name,
        depth === 1 ? {} : short(inner, depth - 1),
    ]);
    return { ...rest, properties: Object.fromEntries(below) };
}

async function readEntry(entry: string): Promise<readonly KubeObject[] | undefined> {
    try {
        const text = await readIfPresent(entry);
        if (text === undefined) return undefined;
        const objects: unknown = JSON.parse(text);
        if (!Array.isArray(objects)) return undefined;
        const now = new Date();
        await utimes(entry, now, now);
        return objects as readonly KubeObject[];
    } catch {
        // Truncated or unreadable entries are recreated.
        return undefined;
    }
}

/** Readable only by the user: values may contain secrets. */
async function save(entry: string, objects: readonly KubeObject[]): Promise<void> {
    const folder = dirname(entry);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeAtomically(entry, JSON.stringify(objects), 0o600);
    await removeStaleEntries(folder);
}

async function removeStaleEntries(folder: string): Promise<void> {
    for (const name of (await ifPresent(readdir(folder))) ?? []) {
        const path = join(folder, name);
        const stats = await ifPresent(stat(path));
        if (stats !== undefined && Date.now() - stats.mtimeMs > MAX_UNUSED_MS) await ifPresent(unlink(path));
    }
}
