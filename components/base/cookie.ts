import { escaped } from "./paths";

/** What the header `cookie` is like where one of its cookies has this name and value. */
export function cookieMatch({ name, value }: { readonly name: string; readonly value: string }): {
    readonly regex: string;
} {
    return { regex: `(.*;\\s*)?${escaped(name)}=${escaped(value)}(\\s*;.*)?` };
}
