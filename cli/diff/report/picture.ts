import { type Difference } from "../diff";
import { nodeId } from "../../lib/mermaid";

/** A diagram with more arrows is unreadable. */
const MAX_ARROWS = 60;

/** The changed calls as a Mermaid diagram: green for newly allowed, red for no longer allowed. */
export function toPicture({ calls, hosts }: Difference): string | undefined {
    const pairs = (
        changes: readonly { readonly source: string; readonly destination: string }[],
    ): [string, string][] => changes.map(({ source, destination }) => [source, destination]);
    const reached = (changes: Difference["hosts"]["reachable"]): [string, string][] =>
        changes.flatMap(({ host, by }) => by.map((source): [string, string] => [source, host]));
    const granted = unique([...pairs(calls.allowed), ...reached(hosts.reachable)]);
    const revoked = unique([...pairs(calls.denied), ...reached(hosts.unreachable)]);
    const arrows = [
        ...granted.map((pair) => ({ pair, arrow: "==>", colour: "#2f8f4e" })),
        ...revoked.map((pair) => ({ pair, arrow: "-.->", colour: "#c0392b" })),
    ];
    if (arrows.length === 0 || arrows.length > MAX_ARROWS) return undefined;
    const names = [...new Set(arrows.flatMap(({ pair }) => pair))].sort();
    return [
        "flowchart LR",
        ...names.map((name) => `${nodeId("party", name)}["${name}"]`),
        ...arrows.map(
            ({ pair: [from, to], arrow }) => `${nodeId("party", from)} ${arrow} ${nodeId("party", to)}`,
        ),
        ...arrows.map(({ colour }, index) => `linkStyle ${index} stroke:${colour},stroke-width:2px`),
        "",
    ].join("\n");
}

function unique(pairs: readonly [string, string][]): [string, string][] {
    return [...new Map(pairs.map((pair) => [pair.join(" "), pair])).values()];
}
