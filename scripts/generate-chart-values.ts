/**
 * Writes `components/charts/values.ts`: the valid keys of each pinned chart's values, from the chart's `values.yaml`, its
 * templates, its schema if it has one, and, for MeshConfig, the Go types of Istio's API. Run by `npm run generate:chart-values`
 * after a version change. The result is committed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Keys } from "../components/charts/unknown-keys";

interface Tree {
    [key: string]: Tree | true;
}

/** Kubernetes types and maps with arbitrary keys, which a chart's defaults do not list completely. */
const OPEN =
    /^(affinity|annotations|containerSecurityContext|labels|lifecycle|livenessProbe|nodeSelector|podSecurityContext|readinessProbe|resources|securityContext|selector|strategy|\w+Annotations|\w+Labels)$/;

/** Keys of an image that cert-manager's chart has in comments only. */
const IMAGE = { digest: true, registry: true, tag: true } as const;

/** Values that Istio's charts pass between templates. */
const INTERNAL = /^(_|defaults\b)/;

const TOOLCHAIN = join(__dirname, "..", "local", "toolchain", "go");

function moduleFolder(pinnedBy: string, module: string): string {
    const list = ["list", "-m", "-f", "{{.Dir}}", module];
    return execFileSync("go", list, { cwd: join(TOOLCHAIN, pinnedBy) })
        .toString()
        .trim();
}

/** The keys in a chart's defaults. Below an empty map, a list or a scalar, any key is accepted. */
function fromDefaults(value: unknown): Tree | true {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return true;
    const entries = Object.entries(value).map(([key, below]): [string, Tree | true] => [
        key,
        OPEN.test(key) ? true : fromDefaults(below),
    ]);
    if (entries.length === 0) return true;
    return { ...("repository" in value ? IMAGE : {}), ...Object.fromEntries(entries) };
}

/** Adds `path` to `tree`, unless a parent accepts any key. */
function add(tree: Tree, [key, ...below]: readonly string[]): void {
    if (key === undefined || tree[key] === true) return;
    if (below.length === 0) {
        tree[key] ??= true;
        return;
    }
    const next = (tree[key] ??= {});
    if (next !== true) add(next, below);
}

function fromTemplates(folder: string, tree: Tree): void {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!/\.(ya?ml|tpl|txt)$/i.test(file)) continue;
        const text = readFileSync(join(folder, file), "utf8");
        for (const [, path = ""] of text.matchAll(/\.Values\.([A-Za-z_][\w.]*\w)/g))
            if (!INTERNAL.test(path)) add(tree, path.split("."));
        // Helm's `dig "global" "key" <default> .Values` reads an optional key.
        for (const [, path = ""] of text.matchAll(/\bdig ((?:"\w+" )+)\S+ \.Values\b/g))
            add(
                tree,
                path
                    .trim()
                    .split(" ")
                    .map((key) => key.slice(1, -1)),
            );
    }
}

interface Schema {
    readonly type?: unknown;
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly $defs?: Readonly<Record<string, Schema>>;
}

function fromSchema({ properties }: Schema): Tree | true {
    if (properties === undefined) return true;
    return Object.fromEntries(
        Object.entries(properties).map(([key, below]) => [key, OPEN.test(key) ? true : fromSchema(below)]),
    );
}

function chartKeys(folder: string): Tree {
    const schema = join(folder, "values.schema.json");
    if (existsSync(schema)) {
        const parsed = JSON.parse(readFileSync(schema, "utf8")) as Schema;
        const keys = fromSchema(parsed.$defs?.["values"] ?? parsed);
        if (keys !== true) return keys;
    }
    const { _internal_defaults_do_not_set: inner, ...outer } = parse(
        readFileSync(join(folder, "values.yaml"), "utf8"),
    ) as Record<string, unknown>;
    const tree = fromDefaults({ ...outer, ...(inner as object | undefined) });
    if (tree === true) throw new Error(`${folder} has no values`);
    fromTemplates(join(folder, "templates"), tree);
    return tree;
}

/** The JSON keys of a message of Istio's API, from the tags of the generated Go types. */
function messageKeys(sources: string, name: string, within: readonly string[] = []): Tree | true {
    const body = new RegExp(`^type ${name} struct \\{\\n([^]*?)^\\}`, "m").exec(sources)?.[1];
    // Recursive messages and messages of other packages accept any key.
    if (body === undefined || within.includes(name)) return true;
    const tree: Tree = {};
    const below = [...within, name];
    for (const [, type = "", tag = ""] of body.matchAll(/^\t\w+\s+(\S+)\s+`protobuf:"([^"]*)"/gm)) {
        const key = /json=(\w+)/.exec(tag)?.[1] ?? /name=(\w+)/.exec(tag)?.[1] ?? "";
        const message = /^(?:\[\])?\*(\w+)$/.exec(type)?.[1];
        tree[key] = message === undefined ? true : messageKeys(sources, message, below);
    }
    for (const [, oneof = ""] of body.matchAll(/^\t\w+\s+(is\w+)\s+`protobuf_oneof/gm)) {
        for (const [, wrapper = ""] of sources.matchAll(
            new RegExp(`^func \\(\\*(\\w+)\\) ${oneof}\\(\\)`, "gm"),
        )) {
            const keys = messageKeys(sources, wrapper, below);
            if (keys !== true) Object.assign(tree, keys);
        }
    }
    return Object.keys(tree).length === 0 ? true : tree;
}

function sorted(keys: Keys | true): Keys | true {
    if (keys === true) return true;
    const entries = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, below]) => [key, sorted(below)]));
}

function main(): void {
    const istio = join(moduleFolder("istio", "istio.io/istio"), "manifests", "charts");
    const api = join(moduleFolder("istio", "istio.io/api"), "mesh", "v1alpha1");
    const certManager = moduleFolder("cert-manager", "github.com/cert-manager/cert-manager");
    const flagger = join(moduleFolder("flagger", "github.com/fluxcd/flagger"), "charts");
    const istiod = chartKeys(join(istio, "istio-control", "istio-discovery"));
    const sources = ["config.pb.go", "proxy.pb.go"].map((file) => readFileSync(join(api, file), "utf8"));
    istiod["meshConfig"] = messageKeys(sources.join("\n"), "MeshConfig");
    const awsPrivateCa = moduleFolder("aws-privateca-issuer", "github.com/cert-manager/aws-privateca-issuer");
    const charts: Record<string, Keys> = {
        "aws-privateca-issuer": chartKeys(join(awsPrivateCa, "charts", "aws-pca-issuer")),
        base: chartKeys(join(istio, "base")),
        "cert-manager": chartKeys(join(certManager, "deploy", "charts", "cert-manager")),
        cni: chartKeys(join(istio, "istio-cni")),
        flagger: chartKeys(join(flagger, "flagger")),
        gateway: chartKeys(join(istio, "gateway")),
        istiod,
        loadtester: chartKeys(join(flagger, "loadtester")),
    };
    const out = join(__dirname, "..", "components", "charts");
    mkdirSync(out, { recursive: true });
    const lines = Object.entries(charts).map(
        ([name, keys]) => `    ${JSON.stringify(name)}: ${JSON.stringify(sorted(keys))},`,
    );
    writeFileSync(
        join(out, "values.ts"),
        "/* Generated by `npm run generate:chart-values` from the pinned charts. Do not edit. */\n" +
            'import type { Keys } from "./unknown-keys";\n\n' +
            "/** The keys that a chart's values can have, by the chart's name. */\n" +
            `export const CHART_VALUES: Readonly<Record<string, Keys>> = {\n${lines.join("\n")}\n};\n`,
    );
}

main();
