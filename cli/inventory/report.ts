/** The files and the summary of an inventory. */
import { groupBy, sortedEntries } from "../../catalogue/order";
import type { Catalogue } from "../../catalogue/model";
import { plural } from "../lib/plural";
import { type InventoryReport, type Item, OUTCOME_TITLES, OUTCOMES } from "./model";

/** Items with the same kind, outcome and detail are one line; this many objects are named. */
const MAX_NAMES = 5;
/** Of the first object. */
const MAX_FIELDS = 2;

const NO_CALLS =
    "The draft has no calls: Consul has neither upstreams nor intentions. List the calls that services make, from their configuration or from traffic.";

interface Line {
    readonly kind: string;
    readonly names: readonly string[];
    readonly count: number;
    readonly fields: string;
    readonly detail: string;
}

/** The number of items of each outcome, by kind. */
export function countsOf(items: readonly Item[]): [kind: string, counts: readonly number[]][] {
    const byKind = groupBy(items, ({ kind }) => kind);
    return sortedEntries(Object.fromEntries(byKind)).map(([kind, group]) => [
        kind,
        OUTCOMES.map((outcome) => group.filter((item) => item.outcome === outcome).length),
    ]);
}

/** The summary on the terminal: counts, what is missing, and where the files are. */
export function toText(report: InventoryReport, catalogue: Catalogue, files: readonly string[]): string {
    const header = ["kind", ...OUTCOMES.map((outcome) => OUTCOME_TITLES[outcome].toLowerCase())];
    const rows = countsOf(report.items).map(([kind, counts]) => [kind, ...counts.map(String)]);
    const total = OUTCOMES.map((outcome) => report.items.filter((item) => item.outcome === outcome).length);
    const services = Object.values(catalogue.services);
    const calls = services.reduce((sum, { calls: made = [] }) => sum + made.length, 0);
    return [
        `${report.source}: ${plural(report.objects, "object")} with ${plural(report.fields, "field")} in ${report.datacenters.join(", ")}`,
        aligned([header, ...rows, ["total", ...total.map(String)]]),
        `The draft describes ${report.datacenters[0] ?? ""}: ${plural(services.length, "service")}, ${plural(calls, "call")}, ${plural(Object.keys(catalogue.external).length, "external group")}.`,
        ...(calls === 0 ? [NO_CALLS] : []),
        ...report.notes,
        ...(report.isComplete
            ? []
            : [["Incomplete: not everything could be read.", ...unreadLines(report)].join("\n")]),
        ...(report.differences === undefined ? [] : [differencesText(report)]),
        files.length > 0
            ? `Written: ${files.join(", ")}`
            : "Nothing was written: pass --out for the draft and the whole report.",
    ].join("\n\n");
}

function unreadLines({ unread }: InventoryReport): string[] {
    return unread.map(
        ({ datacenter, what, reason }) => `  ${datacenter === "" ? "" : `${datacenter}: `}${what}: ${reason}`,
    );
}

function differencesText({ differences = [] }: InventoryReport): string {
    if (differences.length === 0)
        return "The catalogue and Consul agree on services, ports, calls with their requests and methods, and external hosts.";
    const lines = differences.map(({ kind, where, detail }) => `  ${kind}: ${where}: ${detail}`);
    return [`The catalogue and Consul differ in ${plural(differences.length, "place")}:`, ...lines].join(
        "\n",
    );
}

/** The whole report: every item, those with the same text on one line. */
export function toMarkdown(report: InventoryReport): string {
    const sections = (["by-hand", "difference", "translated", "not-needed"] as const).map((outcome) => {
        const lines = linesOf(report.items.filter((item) => item.outcome === outcome));
        return [
            `## ${OUTCOME_TITLES[outcome]}`,
            lines.length === 0
                ? "None."
                : [
                      "| kind | objects | fields | what |",
                      "| --- | --- | --- | --- |",
                      ...lines.map(({ kind, names, count, fields, detail }) => {
                          const more = count > names.length ? ` and ${count - names.length} more` : "";
                          return `| ${kind} | ${cell(names.join(", "))}${more} | ${cell(fields)} | ${cell(detail)} |`;
                      }),
                  ].join("\n"),
        ].join("\n\n");
    });
    return [
        `# Inventory of ${report.source}`,
        `${plural(report.objects, "object")} with ${plural(report.fields, "field")} in ${report.datacenters.join(", ")}; ${plural(report.items.length, "item")}. The draft describes ${report.datacenters[0] ?? ""}. \`report.json\` lists every item with its fields.`,
        ...report.notes,
        ...(report.isComplete
            ? []
            : [
                  [
                      "## Not read",
                      unreadLines(report)
                          .map((line) => `-${line.slice(1)}`)
                          .join("\n"),
                  ].join("\n\n"),
              ]),
        [
            "## Assumptions",
            ...report.assumptions.map(({ where, value, detail }) => `- \`${where}\`: ${value}. ${detail}`),
        ].join("\n"),
        ...(report.differences === undefined ? [] : [`## Differences\n\n${differencesText(report)}`]),
        ...sections,
        "",
    ].join("\n\n");
}

function linesOf(items: readonly Item[]): Line[] {
    const groups = groupBy(items, ({ kind, detail }) => `${kind}\n${detail}`);
    return [...groups.values()].map((group) => {
        const names = [...new Set(group.map(({ datacenter, object }) => `${datacenter}/${object}`))];
        const [{ kind, fields, detail }] = group;
        const shown = fields.slice(0, MAX_FIELDS).join(", ") + (fields.length > MAX_FIELDS ? ", …" : "");
        return { kind, names: names.slice(0, MAX_NAMES), count: names.length, fields: shown, detail };
    });
}

function cell(text: string): string {
    return text.replace(/\|/g, "\\|").replace(/\p{Cc}/gu, " ");
}

function aligned(rows: readonly (readonly string[])[]): string {
    const widths = (rows[0] ?? []).map((_, column) =>
        Math.max(...rows.map((row) => row[column]?.length ?? 0)),
    );
    return rows
        .map((row) =>
            row
                .map((text, column) =>
                    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
                )
                .join("  "),
        )
        .map((line) => `  ${line}`)
        .join("\n");
}

/** The draft as a part of the catalogue, for `catalogueOf` (catalogue/platform.ts). */
export function toTypeScript({ services, external }: Catalogue): string {
    return [
        `import type { ExternalGroup, Service } from "./model";`,
        "",
        "/** Drafted by `mesh inventory consul`. Complete it with the report, and remove this line. */",
        `export const services = ${JSON.stringify(services, null, 4)} satisfies Record<string, Service>;`,
        "",
        `export const external = ${JSON.stringify(external, null, 4)} satisfies Record<string, ExternalGroup>;`,
        "",
    ].join("\n");
}
