/** The objects that a Helm release makes, by the toolchain's own `helm template`, cached by all that decides them. */
import { mkdir, readdir, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EKS_VERSION } from "../../../config/versions";
import { digestOf } from "../../../local/digest";
import { digestOfRelease } from "../../../local/engine/helm/digest";
import { type KubeObject, type ReleaseRequest } from "../../../local/engine/resource";
import { ifPresent, readIfPresent, writeAtomically } from "../../../local/files";
import { paths } from "../../../local/paths";
import { run } from "../../../local/process";
import { readYaml } from "./yaml";

/** Milliseconds. A chart takes a fraction of a second on an idle machine. */
const TIMEOUT = 120_000;

/** Milliseconds after which an entry of the cache that nobody used is removed. */
const KEPT_UNUSED = 14 * 24 * 3600 * 1000;

/** Part of every entry's digest: raise it when entries of the same release would hold something else. */
const FORMAT = 1;

/** Beside the toolchain, which `make down` leaves too. */
export function cacheFolder(): string {
    return join(dirname(paths().cache), "templated-charts");
}

/**
 * @param release with a folder as its chart
 * @param cache a folder; what cannot be read in it is made again
 * @throws CommandError with helm's own words
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
    // A cache that cannot be written costs time only.
    await save(entry, objects).catch(() => undefined);
    return objects;
}

async function templated(helm: string, release: ReleaseRequest): Promise<readonly KubeObject[]> {
    const { name, chart, namespace, skipCrds, values } = release;
    const crds = skipCrds ? [] : ["--include-crds"];
    const args = ["template", name, chart, "--namespace", namespace, "--values", "-", "--skip-tests"];
    const text = await run(helm, [...args, ...crds, "--kube-version", EKS_VERSION], {
        input: { text: JSON.stringify(values) },
        timeout: TIMEOUT,
    });
    return readYaml(text)
        .flatMap(listed)
        .map((object) => withShortSchema(inNamespace(object, namespace)));
}

/** Helm applies what a List holds, and passes over documents without an object, such as a comment. */
function listed(document: unknown): readonly KubeObject[] {
    if (typeof document !== "object" || document === null || !("kind" in document)) return [];
    const { kind, items } = document as { kind: unknown; items?: unknown };
    return kind === "List" && Array.isArray(items) ? items.flatMap(listed) : [document as KubeObject];
}

/** The API server puts objects that name no namespace into the release's. Of cluster-wide kinds nothing reads it. */
function inNamespace(object: KubeObject, namespace: string): KubeObject {
    return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

/**
 * A CustomResourceDefinition without what its schemas say about single fields: that is nine tenths of all that charts make, and
 * the pack reads no further than which fields a spec has.
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

/** A schema with `depth` levels of properties, of which the last have names alone. */
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
        // Cut short, somebody else's, or not readable: it is made again.
        return undefined;
    }
}

/** Readable for the user alone: values may hold secrets. */
async function save(entry: string, objects: readonly KubeObject[]): Promise<void> {
    const folder = dirname(entry);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeAtomically(entry, JSON.stringify(objects), 0o600);
    await tidy(folder);
}

async function tidy(folder: string): Promise<void> {
    for (const name of (await ifPresent(readdir(folder))) ?? []) {
        const path = join(folder, name);
        const found = await ifPresent(stat(path));
        if (found !== undefined && Date.now() - found.mtimeMs > KEPT_UNUSED) await ifPresent(unlink(path));
    }
}
