/** Escapes text for an element or a quoted attribute. */
export function escaped(text: string): string {
    return text
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;")
        .replaceAll('"', "&quot;");
}

/** A table with a header; cells are HTML already. Empty without rows. */
export function table(
    caption: string,
    head: readonly string[],
    rows: readonly (readonly string[])[],
): string {
    if (rows.length === 0) return "";
    const cells = (tag: string, row: readonly string[]) =>
        row.map((cell) => `<${tag}>${cell}</${tag}>`).join("");
    const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n");
    const columns = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
    return `<table><caption>${escaped(caption)}</caption><thead><tr>${columns}</tr></thead>\n<tbody>${body}</tbody></table>`;
}
