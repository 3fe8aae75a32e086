import type { Catalogue, Tier } from "../../catalogue/model";
import { edges, exposures, servicesOf, storeEdges } from "../../catalogue/query";

/** A node of the call graph. Its id has the kind as prefix unless it is a service: a store may have a service's name. */
export interface GraphNode {
    readonly id: string;
    readonly kind: "service" | "store" | "gateway" | "domain";
    readonly label: string;
    /** Of a service. */
    readonly domain?: string;
    /** Of a service. */
    readonly tier?: Tier;
}

export interface GraphEdge {
    readonly from: string;
    readonly to: string;
    readonly kind: "call" | "exposure" | "store";
    /** All calls between the two services are optional. */
    readonly optional: boolean;
    /** How many pairs of caller and callee the edge stands for, between domains. */
    readonly pairs?: number;
}

export interface Graph {
    readonly nodes: readonly GraphNode[];
    readonly edges: readonly GraphEdge[];
}

/** The catalogue's call graph: one edge for all calls between two services. The order of the catalogue does not matter. */
export function graphOf(catalogue: Catalogue): Graph {
    const gateways = [...new Set(exposures(catalogue).map(({ exposure }) => exposure.gateway))];
    return {
        nodes: [
            ...servicesOf(catalogue).map(([name, { domain, tier }]) => ({
                id: name,
                kind: "service" as const,
                label: name,
                domain,
                tier,
            })),
            ...Object.keys(catalogue.stores)
                .sort()
                .map((name) => ({ id: storeId(name), kind: "store" as const, label: name })),
            ...gateways.map((name) => ({
                id: gatewayId(name),
                kind: "gateway" as const,
                label: `${name} gateway`,
            })),
        ],
        edges: [
            ...uniqueEdges(
                exposures(catalogue).map(({ service, exposure }) => ({
                    from: gatewayId(exposure.gateway),
                    to: service,
                    kind: "exposure",
                    optional: false,
                })),
            ),
            ...uniqueEdges(
                edges(catalogue).map(({ caller, callee, call }) => ({
                    from: caller,
                    to: callee,
                    kind: "call",
                    optional: call.optional === true,
                })),
            ),
            ...uniqueEdges(
                storeEdges(catalogue).map(({ caller, store }) => ({
                    from: caller,
                    to: storeId(store),
                    kind: "store",
                    optional: false,
                })),
            ),
        ],
    };
}

/** One edge for all of a pair; it is optional only if all of them are. */
function uniqueEdges(all: readonly GraphEdge[]): GraphEdge[] {
    const byPair = new Map<string, GraphEdge>();
    for (const edge of all) {
        const pair = JSON.stringify([edge.from, edge.to]);
        const optional = edge.optional && (byPair.get(pair)?.optional ?? true);
        byPair.set(pair, { ...edge, optional });
    }
    return [...byPair.values()];
}

function storeId(name: string): string {
    return `store:${name}`;
}

function gatewayId(name: string): string {
    return `gateway:${name}`;
}
