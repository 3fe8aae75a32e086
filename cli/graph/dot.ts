/**
 * A view of the call graph as Graphviz DOT. The page of `mesh graph` runs this module in the browser, too: it imports
 * nothing but types.
 */
import type { Tier } from "../../catalogue/model";
import type { GraphEdge, GraphNode } from "./model";
import type { View } from "./view";

const FILL: Record<Tier, string> = { critical: "#fde2d8", standard: "#e3eefb", background: "#eeeeee" };
const BORDER: Record<Tier, string> = { critical: "#c8553d", standard: "#3a6ea5", background: "#888888" };

const NODES: Record<Exclude<GraphNode["kind"], "service">, string> = {
    domain: 'shape=folder style=filled fillcolor="#f6f7f9" color="#777777"',
    store: 'shape=cylinder style=filled fillcolor="#f4f1de" color="#8a8568"',
    gateway: 'shape=hexagon style=filled fillcolor="#e0f2e9" color="#3d8361"',
};

const EDGES: Record<GraphEdge["kind"], string> = {
    call: "",
    exposure: 'color="#3d8361"',
    store: 'color="#b9b9b9"',
};

/** Services are grouped by domain and colored by tier; optional calls are dashed. */
export function toDot({ nodes, edges }: View): string {
    const domains = new Map<string, string[]>();
    for (const node of nodes) {
        if (node.domain === undefined) continue;
        domains.set(node.domain, [...(domains.get(node.domain) ?? []), nodeLine(node)]);
    }
    const clusters = [...domains].map(
        ([domain, lines]) =>
            `subgraph ${quote(`cluster_${domain}`)} { label=${quote(domain)} ${lines.join("; ")} }`,
    );
    return [
        "digraph platform {",
        'graph [rankdir=LR fontname="Helvetica" nodesep=0.18 ranksep=0.9 style="rounded" color="#bbbbbb" fontsize=13]',
        'node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11 height=0.3]',
        'edge [color="#777777" arrowsize=0.6 fontname="Helvetica" fontsize=9]',
        ...clusters,
        ...nodes.filter(({ domain }) => domain === undefined).map(nodeLine),
        ...edges.map(edgeLine),
        "}",
    ].join("\n");
}

function nodeLine({ id, kind, label, tier = "standard" }: GraphNode): string {
    const style = kind === "service" ? `fillcolor="${FILL[tier]}" color="${BORDER[tier]}"` : NODES[kind];
    const classes = kind === "service" ? `${kind} ${tier}` : kind;
    return `${quote(id)} [class=${quote(classes)} label=${quote(label)} ${style}]`;
}

function edgeLine({ from, to, kind, optional, pairs }: GraphEdge): string {
    const attributes = [
        EDGES[kind],
        ...(optional ? ["style=dashed"] : []),
        ...(pairs === undefined || kind !== "call" ? [] : [`label="${pairs}"`]),
    ].filter((attribute) => attribute !== "");
    const arrow = `${quote(from)} -> ${quote(to)}`;
    return attributes.length === 0 ? arrow : `${arrow} [${attributes.join(" ")}]`;
}

function quote(text: string): string {
    return JSON.stringify(text);
}
