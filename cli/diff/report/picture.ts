import { type Difference } from "../diff";
import { nodeId } from "../../graph/mermaid";

/** More than this is no picture any more. */
const MOST = 60;

/** The calls that differ, in Mermaid's language: green for what is newly let through, red for what no longer is. */
export function toPicture({ calls, hosts }: Difference): string | undefined {
    const pairs = (
        changes: readonly { readonly source: string; readonly destination: string }[],
    ): [string, string][] => changes.map(({ source, destination }) => [source, destination]);
    const reached = (changes: Difference["hosts"]["reachable"]): [string, string][] =>
        changes.flatMap(({ host, by }) => by.map((source): [string, string] => [source, host]));
    const opened = unique([...pairs(calls.allowed), ...reached(hosts.reachable)]);
    const closed = unique([...pairs(calls.denied), ...reached(hosts.unreachable)]);
    const arrows = [
        ...opened.map((pair) => ({ pair, arrow: "==>", colour: "#2f8f4e" })),
        ...closed.map((pair) => ({ pair, arrow: "-.->", colour: "#c0392b" })),
    ];
    if (arrows.length === 0 || arrows.length > MOST) return undefined;
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
