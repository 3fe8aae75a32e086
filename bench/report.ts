import Table from "cli-table3";

/** One figure, and what it is to be held against. */
export interface Row {
    readonly what: string;
    readonly value: string;
    /** Against a peer of the same run. */
    readonly ratio: string;
    readonly aim: string;
}

export function table(rows: readonly Row[]): string {
    const out = new Table({
        head: ["what", "figure", "ratio in this run", "aim"],
        style: { head: [], border: [] },
    });
    for (const { what, value, ratio, aim } of rows) out.push([what, value, ratio, aim]);
    return out.toString();
}
