/**
 * Building blocks of the catalogue's schema: text in a given format and numbers in a given range.
 *
 * An error message of the schema has two lines, which become `message` and `remedy` of a `Problem`: what the value is not,
 * and how to write it. The value is put before the first line.
 */
import { z } from "zod";

/** The two lines of an error message about a malformed value. */
export function isNot(what: string, remedy: string): string {
    return `is not ${what}\n${remedy}`;
}

/** Text that matches `pattern`, which guarantees the type `T`. */
export function text<T extends string = string>(
    pattern: RegExp,
    what: string,
    remedy: string,
): z.ZodType<T, T> {
    return z.string().regex(pattern, isNot(what, remedy)) as unknown as z.ZodType<T, T>;
}

/** Non-empty text for people. */
export const prose = text(/\S/, "text with at least one word", "Write at least one word.");

/** A reference to a name defined elsewhere in the catalogue. The semantic checks resolve it. */
export const reference = text(/\S/, "a name", "Write the name of the object.");

/** A whole number of at least one. */
export const count = z
    .int()
    .min(1, isNot("a whole number of at least 1", "Use a whole number of at least 1."));

/** A TCP port's number. */
export const portNumber = z
    .int()
    .min(1, isNot("a port number", "Use a whole number from 1 to 65535."))
    .max(65535, isNot("a port number", "Use a whole number from 1 to 65535."));

/** At least one element. */
export function nonEmptyList<T extends z.ZodType>(element: T, what: string): z.ZodArray<T> {
    return z.array(element).min(1, isNot("a non-empty list", `List ${what}, at least one.`));
}
