/** SVG as text. */

type Attributes = Readonly<Record<string, string | number>>;

/** An element with SVG children. */
export function element(name: string, attributes: Attributes, ...inside: readonly string[]): string {
    const written = Object.entries(attributes).map(
        ([key, value]) => ` ${key}="${typeof value === "number" ? rounded(value) : escaped(value)}"`,
    );
    const start = `<${name}${written.join("")}`;
    return inside.length === 0 ? `${start}/>` : `${start}>${inside.join("")}</${name}>`;
}

export interface Text {
    /** A class of the picture's style. */
    readonly as: string;
    readonly at: "start" | "middle" | "end";
    /** The font size, in pixels. */
    readonly size: number;
    /** The maximum width, in pixels; longer text ends with an ellipsis. @default unlimited */
    readonly within?: number;
}

/** A line of text whose baseline is at y. */
export function text(x: number, y: number, what: string, { as, at, size, within }: Text): string {
    return element(
        "text",
        { x, y, class: as, "font-size": size, ...(at === "start" ? {} : { "text-anchor": at }) },
        escaped(within === undefined ? what : cut(what, within, size)),
    );
}

/** An estimate of a text's maximum width in any font. */
export function widthOf(what: string, size: number): number {
    return what.length * size * 0.6;
}

function cut(what: string, within: number, size: number): string {
    if (widthOf(what, size) <= within) return what;
    return `${what.slice(0, Math.max(0, Math.floor(within / widthOf("m", size)) - 1))}…`;
}

/** Coordinates with visible precision. */
export function rounded(value: number): string {
    return String(Number(value.toFixed(1)));
}

function escaped(what: string): string {
    return what.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
