import Table from "cli-table3";

/** One result with its target. */
export interface Row {
    readonly name: string;
    readonly value: string;
    /** Relative to a reference in the same run. */
    readonly ratio: string;
    readonly target: string;
}

export function table(rows: readonly Row[]): string {
    const out = new Table({
        head: ["benchmark", "result", "ratio in this run", "target"],
        style: { head: [], border: [] },
    });
    for (const { name, value, ratio, target } of rows) out.push([name, value, ratio, target]);
    return out.toString();
}
