/** For a pull request: what it opens and closes first, then the objects. */
import type { CallChange } from "../calls/compare";
import { type Difference, isEmpty } from "../diff";
import type { HostChange } from "../hosts";
import { toPicture } from "./picture";

/** Rows of a table; a comment has an end, and so has a reader's patience. */
const MOST_ROWS = 40;
const MOST_FIELDS = 4;
/** Lines of objects; a comment on GitHub may have 65,536 characters. */
const MOST_OBJECTS = 150;

export function toMarkdown(difference: Difference): string {
    const { before, after, objects, calls, hosts } = difference;
    if (isEmpty(objects)) return `**The mesh is the same** in ${code(before)} and ${code(after)}.\n`;
    const { added, removed, changed } = objects;
    const picture = toPicture(difference);
    const counts = `${added.length} objects added, ${changed.length} changed, ${removed.length} removed`;
    return [
        `### What changes in the mesh, from ${code(before)} to ${code(after)}`,
        `${summary(difference)} ${counts}. (${calls.judged} questions asked of each side.)`,
        ...section("Newly allowed", callTable(calls.allowed)),
        ...section("No longer allowed", callTable(calls.denied)),
        ...section("Hosts newly reachable", hostTable(hosts.reachable)),
        ...section("Hosts no longer reachable", hostTable(hosts.unreachable)),
        ...section(
            "Allowed as before, on other conditions",
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
    const opened = calls.allowed.length + hosts.reachable.length;
    const closed = calls.denied.length + hosts.unreachable.length;
    if (opened + closed + calls.conditions.length === 0)
        return "**Nothing is let through that was not, and nothing stopped.**";
    return opened === 0 ? "**Nothing is opened.**" : "**This opens the mesh further: see what for.**";
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
    const shown = rows.slice(0, MOST_ROWS).map(line);
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
    const shown = lines.slice(0, MOST_OBJECTS);
    const more = lines.length - shown.length;
    const rest = more > 0 ? [`- … and ${more} more`] : [];
    return [`<details><summary>${title}</summary>`, [...shown, ...rest].join("\n"), "</details>"];
}

function list(requests: readonly string[]): string {
    return requests.map(code).join("<br>");
}

function fieldList(fields: readonly string[]): string {
    const shown = fields.slice(0, MOST_FIELDS).map(code).join(", ");
    return fields.length > MOST_FIELDS ? `${shown} and ${fields.length - MOST_FIELDS} more` : shown;
}

function code(text: string): string {
    return `\`${text}\``;
}
