import type { Catalogue, Tier } from "../../catalogue/model";
import { edges, exposures, servicesOf, storeEdges } from "../../catalogue/query";

const FILL: Record<Tier, string> = { critical: "#fde2d8", standard: "#e3eefb", background: "#eeeeee" };
const BORDER: Record<Tier, string> = { critical: "#c8553d", standard: "#3a6ea5", background: "#888888" };

/** The call graph as Graphviz DOT: services grouped by domain and colored by tier; optional calls are dashed. */
export function toDot(catalogue: Catalogue): string {
    const domains = new Map<string, string[]>();
    for (const [name, { domain, tier }] of servicesOf(catalogue)) {
        const node = `${quote(name)} [fillcolor="${FILL[tier]}" color="${BORDER[tier]}"]`;
        domains.set(domain, [...(domains.get(domain) ?? []), node]);
    }
    const clusters = [...domains].map(
        ([domain, nodes]) =>
            `subgraph ${quote(`cluster_${domain}`)} { label=${quote(domain)} ${nodes.join("; ")} }`,
    );
    return [
        "digraph platform {",
        'graph [rankdir=LR fontname="Helvetica" nodesep=0.18 ranksep=0.9 style="rounded" color="#bbbbbb" fontsize=13]',
        'node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11 height=0.3]',
        'edge [color="#777777" arrowsize=0.6 fontname="Helvetica" fontsize=9]',
        ...clusters,
        ...storeNodes(catalogue),
        ...unique(exposureLines(catalogue)),
        ...unique(callLines(catalogue)),
        ...unique(
            storeEdges(catalogue).map(
                ({ caller, store }) => `${quote(caller)} -> ${quote(store)} [color="#b9b9b9"]`,
            ),
        ),
        "}",
    ].join("\n");
}

function storeNodes(catalogue: Catalogue): string[] {
    return Object.keys(catalogue.stores)
        .sort()
        .map((name) => `${quote(name)} [shape=cylinder style=filled fillcolor="#f4f1de" color="#8a8568"]`);
}

function exposureLines(catalogue: Catalogue): string[] {
    return exposures(catalogue).flatMap(({ service, exposure }) => [
        `${quote(exposure.gateway)} [label=${quote(`${exposure.gateway} gateway`)} shape=hexagon style=filled fillcolor="#e0f2e9" color="#3d8361"]`,
        `${quote(exposure.gateway)} -> ${quote(service)} [color="#3d8361"]`,
    ]);
}

/** One arrow for all calls between two services; dashed only if every one of them is optional. */
function callLines(catalogue: Catalogue): string[] {
    const required = new Map<string, boolean>();
    for (const { caller, callee, call } of edges(catalogue)) {
        const arrow = `${quote(caller)} -> ${quote(callee)}`;
        required.set(arrow, (required.get(arrow) ?? false) || call.optional !== true);
    }
    return [...required].map(([arrow, needed]) => (needed ? arrow : `${arrow} [style=dashed]`));
}

function quote(text: string): string {
    return JSON.stringify(text);
}

function unique(lines: readonly string[]): string[] {
    return [...new Set(lines)];
}
