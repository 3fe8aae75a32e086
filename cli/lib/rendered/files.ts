import { stringify } from "yaml";
import {
    type Derived,
    isPatch,
    manifestKey,
    type Manifest,
    patchedKind,
    type Release,
} from "../../../components/base/manifest";
import { PATCH_MANAGER } from "../../../components/base/names";
import { unknownCase } from "../../../catalogue/never";

/** A rendered stack: file path below the output folder → content, sorted by path. */
export type RenderedFiles = ReadonlyMap<string, string>;

/**
 * One file per object, `<namespace or _cluster>/<Kind>/<name>.yaml`, and `_releases/<name>.yaml` for each Helm release.
 *
 * @throws Error that lists every path that two objects share
 */
export function renderFiles({ objects, releases }: Derived): RenderedFiles {
    const files = [...objects.map(objectFile), ...releases.map(releaseFile)].sort(([a], [b]) =>
        a < b ? -1 : 1,
    );
    const clashes = files.filter(([path], index) => path === files[index + 1]?.[0]).map(([path]) => path);
    if (clashes.length > 0)
        throw new Error(`two objects render to the same file:\n  ${clashes.join("\n  ")}`);
    return new Map(files);
}

function objectFile(object: Manifest): [string, string] {
    const path = `${manifestKey(object)}.yaml`;
    if (!isPatch(object)) return [path, toYaml(object)];
    const { name, annotations, ...metadata } = object.metadata;
    const patch = { ...object, kind: patchedKind(object), metadata: { name, ...metadata, annotations } };
    return [
        path,
        `# kubectl apply --server-side --field-manager=${PATCH_MANAGER} -f <this file>\n${toYaml(patch)}`,
    ];
}

function releaseFile({ name, namespace, chart, values }: Release): [string, string] {
    const source = sourceOf(chart);
    return [`_releases/${name}.yaml`, toYaml({ name, namespace, ...source, values })];
}

function sourceOf(chart: Release["chart"]): Record<string, string> {
    switch (chart.from) {
        case "registry":
            return { chart: chart.reference, version: chart.version };
        case "repository":
            return { chart: chart.name, version: chart.version, repository: chart.repository };
        case "folder":
            return { chart: chart.path };
        default:
            return unknownCase(chart);
    }
}

function toYaml(value: unknown): string {
    // No anchors: they would depend on how the program shares objects in memory.
    // kubectl and most GitOps tools read YAML 1.1, where a bare `no` is false, so such strings must be quoted.
    return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0, version: "1.1" });
}
