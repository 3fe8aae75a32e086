import { escapeRegex } from "../../../catalogue/path-template";

/** Matches the `cookie` header if it contains this cookie. */
export function cookieMatch({ name, value }: { readonly name: string; readonly value: string }): {
    readonly regex: string;
} {
    return { regex: `(.*;\\s*)?${escapeRegex(name)}=${escapeRegex(value)}(\\s*;.*)?` };
}
