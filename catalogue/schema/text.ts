/**
 * Building blocks of the catalogue's schema: text of a given form, and numbers in a given range.
 *
 * A message of the schema has two lines, which become `message` and `remedy` of a `Problem`: what the value is not, and
 * how to write it. The value itself is put before the first line.
 */
import { z } from "zod";

/** The two lines of a message about a malformed value. */
export function isNot(what: string, remedy: string): string {
    return `is not ${what}\n${remedy}`;
}

/** Text that matches `pattern`; `T` is the type that the pattern guarantees. */
export function text<T extends string = string>(
    pattern: RegExp,
    what: string,
    remedy: string,
): z.ZodType<T, T> {
    return z.string().regex(pattern, isNot(what, remedy)) as unknown as z.ZodType<T, T>;
}

/** Text for people: anything but nothing. */
export const prose = text(/\S/, "a text", "Write at least one word.");

/** A name that the catalogue defines elsewhere. The semantic checks compare it with the names that exist. */
export const reference = text(/\S/, "a name", "Write the name of what is meant.");

/** A whole number of at least one. */
export const count = z.int().min(1, isNot("a whole number from 1", "Use a whole number from 1."));

/** A TCP port's number. */
export const portNumber = z
    .int()
    .min(1, isNot("a port number", "Use a whole number from 1 to 65535."))
    .max(65535, isNot("a port number", "Use a whole number from 1 to 65535."));

/** At least one element. */
export function some<T extends z.ZodType>(element: T, what: string): z.ZodArray<T> {
    return z.array(element).min(1, isNot("filled", `List ${what}, at least one.`));
}
