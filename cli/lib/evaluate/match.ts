/** Matching rules of Istio and Kubernetes: wildcards, path templates, labels. */
import { escapeRegex } from "../../../catalogue/path-template";
import { memoizeByText } from "../snapshot/memo";
import { type Labels, ROOT_NAMESPACE } from "../snapshot/snapshot";
import type { Workload } from "./model";

/** The characters that Envoy's path templates accept in a segment. */
const SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()*+,;:@=]";

/** Istio's string match: exact, `prefix*`, `*suffix`, or `*` for any non-empty value. */
export function matchesString(pattern: string, value: string): boolean {
    if (pattern === "*") return value !== "";
    if (pattern.endsWith("*")) return value.startsWith(pattern.slice(0, -1));
    if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
    return pattern === value;
}

/** A policy's path: a template if it contains `{*}` or `{**}`, else a string match. Ignores the query string. */
export function matchesPath(pattern: string, path: string): boolean {
    const [pathOnly = ""] = path.split(/[?#]/);
    if (!/\{\*\*?\}/.test(pattern)) return matchesString(pattern, pathOnly);
    return templateOf(pattern).test(pathOnly);
}

const templateOf = memoizeByText((pattern) => {
    const expression = pattern
        .split(/(\{\*\*?\})/)
        .map((part) => {
            if (part === "{*}") return `${SEGMENT}+`;
            return part === "{**}" ? `(?:${SEGMENT}|/)*` : escapeRegex(part);
        })
        .join("");
    return new RegExp(`^${expression}$`);
});

/** A path that matches the pattern but no narrower one: `{**}` becomes several segments, `{*}` a single one. */
export function samplePath(pattern: string): string {
    const path = pattern.replaceAll("{**}", "x/y").replaceAll("{*}", "x");
    if (path === "*") return "/x/y";
    if (path.startsWith("*")) return `/x${path.slice(1)}`;
    return path.endsWith("*") ? `${path.slice(0, -1)}x/y` : path;
}

/** Hosts match case-insensitively. */
export function matchesHost(pattern: string, host: string): boolean {
    return matchesString(pattern.toLowerCase(), host.toLowerCase());
}

/** A host of a VirtualService, Gateway or Sidecar: exact, `*`, or `*.domain` for any subdomain. */
export function matchesDnsName(pattern: string, host: string): boolean {
    if (pattern === "*") return true;
    if (pattern.startsWith("*.")) return host.endsWith(pattern.slice(1));
    return pattern === host;
}

export function matchesLabels(selector: Labels | undefined, labels: Labels): boolean {
    return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

/**
 * Whether an object in `namespace` with this selector applies to a workload: it must be in its namespace or in the root
 * namespace.
 */
export function isAbout(
    namespace: string | undefined,
    selector: Labels | undefined,
    workload: Pick<Workload, "namespace" | "labels">,
): boolean {
    return (
        (namespace === workload.namespace || namespace === ROOT_NAMESPACE) &&
        matchesLabels(selector, workload.labels)
    );
}

export interface LabelSelector {
    readonly matchLabels?: Labels;
    readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Kubernetes' label selector: an empty one selects everything. */
export function selects({ matchLabels, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
    return (
        matchesLabels(matchLabels, labels) &&
        matchExpressions.every(({ key, operator, values = [] }) => {
            const value = labels[key];
            if (operator === "Exists") return value !== undefined;
            if (operator === "DoesNotExist") return value === undefined;
            const listed = value !== undefined && values.includes(value);
            return operator === "In" ? listed : !listed;
        })
    );
}

/** Expands a short name to the Service of that name in the object's namespace. */
export function qualified(host: string, namespace: string): string {
    return host.includes(".") || host.includes("*") ? host : `${host}.${namespace}.svc.cluster.local`;
}

/** Whether an object is exported to `namespace`. Without `exportTo` it is exported to all. */
export function isExported(
    exportTo: readonly string[] | undefined,
    objectNamespace: string,
    namespace: string,
): boolean {
    if (exportTo === undefined || exportTo.length === 0) return true;
    return exportTo.some(
        (to) => to === "*" || to === namespace || (to === "." && objectNamespace === namespace),
    );
}
