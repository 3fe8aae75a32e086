/** How Istio and Kubernetes compare: strings with wildcards, path templates, labels. */
import { keptByText } from "../world/kept";
import { type Labels, ROOT_NAMESPACE } from "../world/world";
import type { Workload } from "./model";

/** What Envoy takes for a character of a path's segment in a template. */
const SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()*+,;:@=]";

/** Istio's strings: exact, `prefix*`, `*suffix`, or `*` for anything that is there. */
export function matchesString(pattern: string, value: string): boolean {
    if (pattern === "*") return value !== "";
    if (pattern.endsWith("*")) return value.startsWith(pattern.slice(0, -1));
    if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
    return pattern === value;
}

/** A policy's path: a template if it holds `{*}` or `{**}`, else a string as any other. Queries do not count. */
export function matchesPath(pattern: string, path: string): boolean {
    const [own = ""] = path.split(/[?#]/);
    if (!/\{\*\*?\}/.test(pattern)) return matchesString(pattern, own);
    return templateOf(pattern).test(own);
}

const templateOf = keptByText((pattern) => {
    const expression = pattern
        .split(/(\{\*\*?\})/)
        .map((part) => {
            if (part === "{*}") return `${SEGMENT}+`;
            return part === "{**}" ? `(?:${SEGMENT}|/)*` : escapeRegex(part);
        })
        .join("");
    return new RegExp(`^${expression}$`);
});

/** Hosts are compared without regard to case. */
export function matchesHost(pattern: string, host: string): boolean {
    return matchesString(pattern.toLowerCase(), host.toLowerCase());
}

/** A host in a VirtualService, Gateway or Sidecar: exact, `*`, or `*.domain` for any name below it. */
export function matchesDnsName(pattern: string, host: string): boolean {
    if (pattern === "*") return true;
    if (pattern.startsWith("*.")) return host.endsWith(pattern.slice(1));
    return pattern === host;
}

export function matchesLabels(wanted: Labels | undefined, labels: Labels): boolean {
    return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
}

/** Whether what stands in `namespace`, with a selector or none, is about a workload: of its own namespace, or of the mesh's root. */
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

/** Kubernetes' selectors: an empty one selects everything. */
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

/** A name without dots is one of the object's own namespace. */
export function qualified(host: string, namespace: string): string {
    return host.includes(".") || host.includes("*") ? host : `${host}.${namespace}.svc.cluster.local`;
}

/** Whether an object of `home` is exported to `namespace`. Nothing said is exported to all. */
export function isExported(
    exportTo: readonly string[] | undefined,
    home: string,
    namespace: string,
): boolean {
    if (exportTo === undefined || exportTo.length === 0) return true;
    return exportTo.some((to) => to === "*" || to === namespace || (to === "." && home === namespace));
}

function escapeRegex(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
