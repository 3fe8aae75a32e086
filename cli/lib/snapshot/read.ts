import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../../../components/base/manifest";
import type { MeshObjects, RenderedRelease } from "./snapshot";

/**
 * Reads the output of `mesh render`, possibly edited: every YAML or JSON file below `folder`. Files in `_releases` are
 * Helm releases; all others contain one or more objects.
 *
 * @throws Error that lists every invalid file, and why
 */
export function readRendered(folder: string): MeshObjects {
    if (!existsSync(folder)) {
        throw new Error(
            `folder ${folder} does not exist. Create it: mesh render --stack <stack> --out ${folder}`,
        );
    }
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .sort();
    const problems: string[] = [];
    const objects: Manifest[] = [];
    const releases: RenderedRelease[] = [];
    for (const path of paths) {
        for (const value of documents(join(folder, path), path, problems)) {
            if (path.startsWith("_releases")) releases.push(releaseOf(value));
            else if (isObject(value)) objects.push(manifestOf(value));
            else
                problems.push(
                    `${path}: not a Kubernetes object (apiVersion, kind and metadata.name are required)`,
                );
        }
    }
    if (paths.length === 0) problems.push("no YAML or JSON files");
    if (problems.length > 0)
        throw new Error(
            `folder ${folder} is invalid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
        );
    return { objects, releases };
}

function documents(file: string, path: string, problems: string[]): Record<string, unknown>[] {
    const parsed = parseAllDocuments(readFileSync(file, "utf8"));
    if (!Array.isArray(parsed)) return [];
    return parsed.flatMap((document) => {
        const [error] = document.errors;
        if (error !== undefined) {
            problems.push(`${path}: ${error.message.split("\n")[0] ?? ""}`);
            return [];
        }
        const value = document.toJS() as Record<string, unknown> | string | number | null;
        if (value === null) return [];
        if (typeof value === "object") return [value];
        problems.push(`${path}: not a Kubernetes object, but a ${typeof value}`);
        return [];
    });
}

function isObject(value: Record<string, unknown>): boolean {
    const { apiVersion, kind, metadata } = value as { metadata?: { name?: unknown } } & typeof value;
    return typeof apiVersion === "string" && typeof kind === "string" && typeof metadata?.name === "string";
}

/** As the program derives it: a rendered patch has the kind of the object that it changes. */
function manifestOf(value: Record<string, unknown>): Manifest {
    const object = { spec: {}, ...value } as unknown as Manifest;
    const isPatch = object.metadata.annotations?.["pulumi.com/patchFieldManager"] !== undefined;
    return isPatch ? ({ ...object, kind: `${object.kind}Patch` } as Manifest) : object;
}

function releaseOf(value: Record<string, unknown>): RenderedRelease {
    return { name: "", namespace: "", values: {}, ...value };
}
