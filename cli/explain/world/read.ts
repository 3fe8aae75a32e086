import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../../../components/base/manifest";
import type { Objects, RenderedRelease } from "./world";

/**
 * Reads what `mesh render` wrote, or what somebody made of it: every YAML or JSON file below `folder`. A file in
 * `_releases` is a Helm release, everything else objects, of which a file may hold several.
 *
 * @throws Error that names every file that cannot be read, and why.
 */
export function readRendered(folder: string): Objects {
    if (!existsSync(folder)) {
        throw new Error(
            `there is no folder ${folder}: \`mesh render --stack <stack> --out ${folder}\` makes one`,
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
            else if (isObject(value)) objects.push({ spec: {}, ...value } as unknown as Manifest);
            else problems.push(`${path}: no Kubernetes object: it needs apiVersion, kind and metadata.name`);
        }
    }
    if (paths.length === 0) problems.push("it holds no YAML file");
    if (problems.length > 0)
        throw new Error(`${folder} cannot be read:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
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
        problems.push(`${path}: no Kubernetes object, but ${typeof value}`);
        return [];
    });
}

function isObject(value: Record<string, unknown>): boolean {
    const { apiVersion, kind, metadata } = value as { metadata?: { name?: unknown } } & typeof value;
    return typeof apiVersion === "string" && typeof kind === "string" && typeof metadata?.name === "string";
}

function releaseOf(value: Record<string, unknown>): RenderedRelease {
    return { name: "", namespace: "", values: {}, ...value };
}
