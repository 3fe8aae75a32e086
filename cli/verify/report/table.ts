/** Who reaches whom, at a glance: a row for each source, a column for each service and store. */
import Table from "cli-table3";
import type { Finding } from "../model";

export const SYMBOLS = { allowed: "✓", denied: "·", different: "✗", none: " " } as const;

/** Of the two layers inside the mesh; entry and egress checks have no place in it. */
export function matrixTable(findings: readonly Finding[]): string {
    const shown = findings.filter(({ check }) => check.layer === "identity" || check.layer === "source");
    const rows = unique(shown.map(({ check }) => check.source.name));
    const columns = unique(shown.map(({ check }) => check.destination.name));
    const cells = new Map<string, Finding[]>();
    for (const finding of shown) {
        const key = cellKey(finding.check.source.name, finding.check.destination.name);
        cells.set(key, [...(cells.get(key) ?? []), finding]);
    }
    const table = new Table({ ...PLAIN, head: ["from \\ to", ...columns.map(upright)] });
    for (const row of rows) {
        table.push([row, ...columns.map((column) => symbol(cells.get(cellKey(row, column)) ?? []))]);
    }
    return table.toString();
}

export const LEGEND = `${SYMBOLS.allowed} calls it, and may do only that   ${SYMBOLS.denied} cannot reach it   ${SYMBOLS.different} differs from the catalogue`;

function symbol(findings: readonly Finding[]): string {
    if (findings.length === 0) return SYMBOLS.none;
    if (findings.some(({ agrees }) => !agrees)) return SYMBOLS.different;
    return findings.some(({ check }) => check.expected.kind === "answered")
        ? SYMBOLS.allowed
        : SYMBOLS.denied;
}

/** Without lines, so that a platform of some thirty workloads fits on a terminal of 80 columns. */
export const PLAIN: Table.TableConstructorOptions = {
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    chars: {
        ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
        ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
        ...{ left: "", "left-mid": "", right: "", "right-mid": "", mid: "", "mid-mid": "", middle: " " },
    },
};

/** One letter below the other. */
function upright(name: string): string {
    return name.replaceAll(/(?<=.)(?=.)/g, "\n");
}

function cellKey(source: string, destination: string): string {
    return `${source}>${destination}`;
}

function unique(names: readonly string[]): string[] {
    return [...new Set(names)];
}
