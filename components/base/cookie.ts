import { escapeRegex } from "../../catalogue/path-template";

/** What the header `cookie` is like where one of its cookies has this name and value. */
export function cookieMatch({ name, value }: { readonly name: string; readonly value: string }): {
    readonly regex: string;
} {
    return { regex: `(.*;\\s*)?${escapeRegex(name)}=${escapeRegex(value)}(\\s*;.*)?` };
}
