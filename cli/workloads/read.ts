/** Reads workloads, and the Services and autoscalers that belong to them, from manifests or from a cluster. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseAllDocuments } from "yaml";
import type { Cluster } from "../lib/cluster/cluster";
import type { Kind } from "../lib/cluster/kinds";
import { COMMON_LABELS } from "../../components/base/labels";
import { type ReadObject, WORKLOAD_KINDS } from "./model";

const YAML = /\.(ya?ml|json)$/;
/** Standard input on the command line. */
const STDIN = "-";

const WORKLOADS: ReadonlySet<string> = new Set(WORKLOAD_KINDS);
const KINDS: readonly Kind[] = [...WORKLOAD_KINDS, "Service", "HorizontalPodAutoscaler"];

/**
 * The objects in files, folders and standard input (`-`).
 *
 * @throws Error that lists every file or document that cannot be read, and why
 */
export function readManifests(
    names: readonly string[],
    stdin: () => string = () => readFileSync(0, "utf8"),
): ReadObject[] {
    const problems: string[] = [];
    const objects = names.flatMap((name) => {
        if (name === STDIN) return objectsOf(STDIN, stdin(), problems);
        return filesOf(name, problems).flatMap((file) =>
            objectsOf(file, readFileSync(file, "utf8"), problems),
        );
    });
    if (problems.length > 0)
        throw new Error(`the manifests are invalid:\n${problems.map((one) => `  ${one}`).join("\n")}`);
    return objects;
}

/** The objects of a namespace of a cluster, without the program's workloads and those that a controller creates. */
export async function readCluster(cluster: Cluster, namespace: string): Promise<ReadObject[]> {
    const lists = await Promise.all(KINDS.map((kind) => cluster.list(kind, { namespace })));
    return lists
        .flat()
        .filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0)
        .filter((object) => !WORKLOADS.has(object.kind) || !isOfProgram(object))
        .map((object) => ({ place: cluster.name, object }));
}

function isOfProgram({ metadata }: ReadObject["object"]): boolean {
    return Object.entries(COMMON_LABELS).every(([label, value]) => metadata.labels?.[label] === value);
}

function filesOf(name: string, problems: string[]): string[] {
    if (!existsSync(name)) {
        problems.push(`${name}: no such file or folder`);
        return [];
    }
    if (!statSync(name).isDirectory()) return [name];
    const files = readdirSync(name, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && YAML.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
    if (files.length === 0) problems.push(`${name}: the folder has no YAML or JSON files`);
    return files;
}

function objectsOf(file: string, text: string, problems: string[]): ReadObject[] {
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: true });
    if (!Array.isArray(documents)) {
        problems.push(`${file}: empty`);
        return [];
    }
    return documents.flatMap((document) => {
        const start = document.contents?.range[0] ?? document.range[0];
        const place = `${file}:${lines.linePos(start).line}`;
        const [error] = document.errors;
        if (error !== undefined) {
            problems.push(`${place}: ${error.message.split("\n")[0] ?? ""}`);
            return [];
        }
        const value: unknown = document.toJS();
        return value === null ? [] : itemsOf(place, value, problems);
    });
}

/** A document's object; the objects of a `List`. */
function itemsOf(place: string, value: unknown, problems: string[]): ReadObject[] {
    const { kind, items } = (typeof value === "object" ? value : {}) as { kind?: unknown; items?: unknown };
    if (kind === "List" && Array.isArray(items))
        return items.flatMap((item: unknown) => itemsOf(place, item, problems));
    if (isObject(value)) return [{ place, object: value }];
    problems.push(`${place}: not a Kubernetes object (apiVersion, kind and metadata.name are required)`);
    return [];
}

function isObject(value: unknown): value is ReadObject["object"] {
    if (typeof value !== "object" || value === null) return false;
    const { apiVersion, kind, metadata } = value as Record<string, unknown>;
    const { name } = (typeof metadata === "object" && metadata !== null ? metadata : {}) as {
        name?: unknown;
    };
    return typeof apiVersion === "string" && typeof kind === "string" && typeof name === "string";
}
