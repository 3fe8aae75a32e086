/** The access matrix: a row per source, a column per service and store. */
import Table from "cli-table3";
import type { CheckResult } from "../model";

export const SYMBOLS = { allowed: "✓", denied: "·", different: "✗", none: " " } as const;

/** Contains the layers identity and authorization; ingress and egress checks do not fit in. */
export function matrixTable(results: readonly CheckResult[]): string {
    const shown = results.filter(
        ({ check }) => check.layer === "identity" || check.layer === "authorization",
    );
    const rows = unique(shown.map(({ check }) => check.source.name));
    const columns = unique(shown.map(({ check }) => check.destination.name));
    const cells = new Map<string, CheckResult[]>();
    for (const checkResult of shown) {
        const key = cellKey(checkResult.check.source.name, checkResult.check.destination.name);
        cells.set(key, [...(cells.get(key) ?? []), checkResult]);
    }
    const table = new Table({ ...PLAIN, head: ["from \\ to", ...columns.map(upright)] });
    for (const row of rows) {
        table.push([row, ...columns.map((column) => symbol(cells.get(cellKey(row, column)) ?? []))]);
    }
    return table.toString();
}

export const LEGEND = `${SYMBOLS.allowed} declared calls allowed, all others denied   ${SYMBOLS.denied} all denied   ${SYMBOLS.different} mismatch with the catalogue`;

function symbol(results: readonly CheckResult[]): string {
    if (results.length === 0) return SYMBOLS.none;
    if (results.some(({ passed }) => !passed)) return SYMBOLS.different;
    return results.some(({ check }) => check.expected.kind === "answered") ? SYMBOLS.allowed : SYMBOLS.denied;
}

/** Without borders, so that about thirty workloads fit on a terminal of 80 columns. */
export const PLAIN: Table.TableConstructorOptions = {
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    chars: {
        ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
        ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
        ...{ left: "", "left-mid": "", right: "", "right-mid": "", mid: "", "mid-mid": "", middle: " " },
    },
};

/** Writes a name vertically. */
function upright(name: string): string {
    return name.replaceAll(/(?<=.)(?=.)/g, "\n");
}

function cellKey(source: string, destination: string): string {
    return `${source}>${destination}`;
}

function unique(names: readonly string[]): string[] {
    return [...new Set(names)];
}
