/** The comparison as Markdown for a pull request: access changes first, then objects. */
import type { CallChange } from "../calls/compare";
import { plural } from "../../lib/plural";
import { type Difference, isEmpty } from "../diff";
import type { HostChange } from "../hosts";
import { toPicture } from "./picture";

/** Limit of table rows, to keep the comment readable. */
const MAX_ROWS = 40;
const MAX_FIELDS = 4;
/** Limit of listed objects: a GitHub comment has at most 65,536 characters. */
const MAX_OBJECTS = 150;

export function toMarkdown(difference: Difference): string {
    const { before, after, objects, calls, hosts } = difference;
    if (isEmpty(objects)) return `**The mesh is the same** in ${code(before)} and ${code(after)}.\n`;
    const { added, removed, changed } = objects;
    const picture = toPicture(difference);
    const counts = `${plural(added.length, "object")} added, ${changed.length} changed, ${removed.length} removed`;
    return [
        `### What changes in the mesh, from ${code(before)} to ${code(after)}`,
        `${summary(difference)} ${counts}. (${plural(calls.evaluated, "access check")} per side.)`,
        ...section("Newly allowed", callTable(calls.allowed)),
        ...section("No longer allowed", callTable(calls.denied)),
        ...section("Hosts newly reachable", hostTable(hosts.reachable)),
        ...section("Hosts no longer reachable", hostTable(hosts.unreachable)),
        ...section(
            "Still allowed, under different conditions",
            table(
                ["caller", "callee", "requests", "before", "now"],
                calls.conditions.map(({ source, destination, port, requests, before: old, after: now }) => [
                    source,
                    `${destination}:${port}`,
                    list(requests),
                    old.join("<br>") || "none",
                    now.join("<br>") || "none",
                ]),
            ),
        ),
        ...(picture === undefined ? [] : [`\`\`\`mermaid\n${picture}\`\`\``]),
        ...folded(`Objects: ${counts}`, [
            ...added.map((key) => `- added ${code(key)}`),
            ...changed.map(({ object, fields }) => `- changed ${code(object)}: ${fieldList(fields)}`),
            ...removed.map((key) => `- removed ${code(key)}`),
        ]),
        "",
    ].join("\n\n");
}

function summary({ calls, hosts }: Difference): string {
    const granted = calls.allowed.length + hosts.reachable.length;
    const revoked = calls.denied.length + hosts.unreachable.length;
    if (granted + revoked + calls.conditions.length === 0) return "**Access is unchanged.**";
    return granted === 0
        ? "**This change grants no new access.**"
        : "**⚠ This change grants new access. Review the tables below.**";
}

function callTable(changes: readonly CallChange[]): string[] {
    return table(
        ["caller", "callee", "requests"],
        changes.map(({ source, destination, port, requests }) => [
            source,
            `${destination}:${port}`,
            list(requests),
        ]),
    );
}

function hostTable(changes: readonly HostChange[]): string[] {
    return table(
        ["host", "by"],
        changes.map(({ host, by }) => [host, by.join(", ")]),
    );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
    if (rows.length === 0) return [];
    const line = (cells: readonly string[]) =>
        `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    const shown = rows.slice(0, MAX_ROWS).map(line);
    const more = rows.length - shown.length;
    return [
        [line(head), line(head.map(() => "---")), ...shown].join("\n"),
        ...(more > 0 ? [`… and ${more} more: \`mesh diff --json\` lists all.`] : []),
    ];
}

function section(title: string, body: readonly string[]): string[] {
    return body.length === 0 ? [] : [`#### ${title}`, ...body];
}

function folded(title: string, lines: readonly string[]): string[] {
    const shown = lines.slice(0, MAX_OBJECTS);
    const more = lines.length - shown.length;
    const rest = more > 0 ? [`- … and ${more} more`] : [];
    return [`<details><summary>${title}</summary>`, [...shown, ...rest].join("\n"), "</details>"];
}

function list(requests: readonly string[]): string {
    return requests.map(code).join("<br>");
}

function fieldList(fields: readonly string[]): string {
    const shown = fields.slice(0, MAX_FIELDS).map(code).join(", ");
    return fields.length > MAX_FIELDS ? `${shown} and ${fields.length - MAX_FIELDS} more` : shown;
}

function code(text: string): string {
    return `\`${text}\``;
}
