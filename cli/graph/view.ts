/**
 * Which part of the call graph a picture shows. The page of `mesh graph` runs this module in the browser, too: it
 * imports nothing but types.
 */
import type { Graph, GraphEdge, GraphNode } from "./model";

/** The maximum number of services in one picture. With more, the arrows of a picture cannot be followed any more. */
export const MAX_SERVICES = 80;

export interface Choice {
    /** The services that match the filters. */
    readonly matching: ReadonlySet<string>;
    /** The selected service; empty if none is. */
    readonly selected: string;
    /** How many calls away from the selected service the picture reaches; undefined: everything that matches. */
    readonly hops?: number;
}

export interface View extends Graph {
    readonly kind: "matching" | "neighborhood" | "domains";
    /** How many services are left out because the picture would be too large. */
    readonly omitted: number;
}

/** The neighborhood of the selected service, or all that matches; its domains if that is too much for one picture. */
export function viewOf(graph: Graph, { matching, selected, hops }: Choice): View {
    if (selected !== "" && hops !== undefined) return neighborhood(graph, selected, hops);
    if (matching.size <= MAX_SERVICES) {
        return { kind: "matching", omitted: 0, ...withUsed(graph, matching) };
    }
    const domains = new Set(
        graph.nodes.filter(({ id }) => matching.has(id)).map(({ domain }) => domain ?? ""),
    );
    if (domains.size > 1) return byDomain(graph, matching);
    const kept = busiest(graph, matching);
    return { kind: "matching", omitted: matching.size - kept.size, ...withUsed(graph, kept) };
}

/** All of the graph, without a limit. */
export function wholeGraph(graph: Graph): View {
    return { kind: "matching", omitted: 0, ...graph };
}

/** The services that reach `selected`, or are reached from it, in at most `hops` calls. */
function neighborhood(graph: Graph, selected: string, hops: number): View {
    const calls = graph.edges.filter(({ kind }) => kind === "call");
    let near = new Set([selected]);
    let omitted = 0;
    for (let hop = 0; hop < hops && omitted === 0; hop += 1) {
        const reached = new Set(near);
        for (const { from, to } of calls) {
            if (near.has(from)) reached.add(to);
            if (near.has(to)) reached.add(from);
        }
        omitted = Math.max(0, reached.size - MAX_SERVICES);
        near = new Set([...reached].slice(0, MAX_SERVICES));
    }
    return { kind: "neighborhood", omitted, ...withUsed(graph, near) };
}

/** The services with the most calls, as many as a picture shows. */
function busiest({ edges }: Graph, services: ReadonlySet<string>): Set<string> {
    const degrees = new Map([...services].map((name) => [name, 0]));
    for (const { from, to } of edges) {
        for (const end of [from, to]) {
            const degree = degrees.get(end);
            if (degree !== undefined) degrees.set(end, degree + 1);
        }
    }
    const sorted = [...degrees].sort((a, b) => b[1] - a[1]);
    return new Set(sorted.slice(0, MAX_SERVICES).map(([name]) => name));
}

/** The services, the calls between them, and the stores and gateways that they use. */
function withUsed({ nodes, edges }: Graph, services: ReadonlySet<string>): Graph {
    const shown = edges.filter(({ from, to, kind }) => {
        if (kind === "exposure") return services.has(to);
        return services.has(from) && (kind === "store" || services.has(to));
    });
    const ends = new Set([...services, ...shown.flatMap(({ from, to }) => [from, to])]);
    return { nodes: nodes.filter(({ id }) => ends.has(id)), edges: shown };
}

/** One node for each domain, with the number of its matching services. */
function byDomain(graph: Graph, matching: ReadonlySet<string>): View {
    const { nodes, edges } = withUsed(graph, matching);
    const domainOf = new Map(nodes.map(({ id, domain }) => [id, domain]));
    const sizes = new Map<string, number>();
    for (const { domain } of nodes) {
        if (domain !== undefined) sizes.set(domain, (sizes.get(domain) ?? 0) + 1);
    }
    const endOf = (id: string) => {
        const domain = domainOf.get(id);
        return domain === undefined ? id : domainId(domain);
    };
    const merged = new Map<string, GraphEdge & { readonly pairs: number }>();
    for (const edge of edges) {
        const [from, to] = [endOf(edge.from), endOf(edge.to)];
        if (from === to) continue;
        const pair = JSON.stringify([from, to]);
        const known = merged.get(pair);
        merged.set(pair, {
            ...edge,
            from,
            to,
            optional: edge.optional && (known?.optional ?? true),
            pairs: (known?.pairs ?? 0) + 1,
        });
    }
    const domains = [...sizes].map(([domain, size]): GraphNode => ({
        id: domainId(domain),
        kind: "domain",
        label: `${domain}\n${size} services`,
    }));
    return {
        kind: "domains",
        omitted: 0,
        nodes: [...domains, ...nodes.filter(({ kind }) => kind !== "service")],
        edges: [...merged.values()],
    };
}

function domainId(domain: string): string {
    return `domain:${domain}`;
}
