/** The report as text: findings by workload, each with its patch. */
import { stringify } from "yaml";
import { groupBy } from "../../catalogue/order";
import { plural } from "../lib/plural";
import type { WorkloadReport } from "./check";
import type { Finding } from "./model";

const MARKS = { error: "✗", warning: "!" } as const;

export function toText({ workloads, findings }: WorkloadReport): string {
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const blocks = [...groupBy(findings, ({ object, place }) => `${object} (${place})`)].map(
        ([title, group]) => [title, ...group.map(describe)].join("\n"),
    );
    const summary =
        findings.length === 0
            ? `${plural(workloads.length, "workload")}: nothing to change`
            : `${plural(workloads.length, "workload")}: ${plural(errors, "error")}, ${plural(findings.length - errors, "warning")}`;
    return [...blocks, summary].join("\n\n");
}

function describe({ check, severity, field, problem, fix, patch }: Finding): string {
    return [
        `  ${MARKS[severity]} ${field} [${check}]`,
        `      ${problem}`,
        `      → ${fix}`,
        ...(patch === undefined ? [] : indented(stringify(patch, { lineWidth: 0, version: "1.1" }))),
    ].join("\n");
}

function indented(yaml: string): string[] {
    return yaml
        .trimEnd()
        .split("\n")
        .map((line) => `          ${line}`);
}
