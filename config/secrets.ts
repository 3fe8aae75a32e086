/** Secrets in a stack's configuration: values that are set with `pulumi config set --secret`. */
import { z } from "zod";

const MIN_LENGTH = 12;

/** Decrypted by Pulumi's engine; encrypted in the stack's file, which commands read without an engine. */
export const secret = z.union([
    z.string().min(MIN_LENGTH),
    z.strictObject({ secure: z.string().describe("The encrypted value, as Pulumi writes it.") }),
]);

/**
 * The keys whose value must be encrypted. No other value may be: commands that read the file could not use it, and other
 * passwords and keys are in Kubernetes Secrets, which the configuration names.
 */
const SECRETS: readonly string[] = ["observability.prometheus.grafanaAdmin.password"];

/** Whether Pulumi decrypted a value of this top-level key. Undefined for a stack's file. */
export type IsSecret = (key: string) => boolean;

/**
 * Returns a problem for each encrypted value that must not be, and for each secret in plain text.
 *
 * @param entries the values by key, whose prefix is `prefix` or missing
 */
export function secretProblems(
    prefix: string,
    entries: readonly (readonly [key: string, value: unknown])[],
    isSecret: IsSecret | undefined,
): string[] {
    return entries.flatMap(([key, value]) => {
        const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
        const inside = SECRETS.filter((path) => path.startsWith(`${name}.`));
        const values = inside.map((path) => valueAt(value, path.slice(name.length + 1)));
        const isDecrypted = isSecret?.(`${prefix}${name}`) === true;
        return [
            ...encryptedValues(key, name, value),
            ...(isDecrypted && !values.some((one) => typeof one === "string")
                ? [encrypted(prefix, key)]
                : []),
            ...inside.flatMap((path, index) =>
                typeof values[index] === "string" && !isDecrypted ? [plain(prefix, path)] : [],
            ),
        ];
    });
}

function encryptedValues(place: string, path: string, value: unknown): string[] {
    if (typeof value !== "object" || value === null) return [];
    const entries = Object.entries(value);
    const [[first, text] = []] = entries;
    if (entries.length === 1 && first === "secure" && typeof text === "string")
        return SECRETS.includes(path) ? [] : [encrypted("sparc-mesh:", place)];
    return entries.flatMap(([key, one]) => encryptedValues(`${place}.${key}`, `${path}.${key}`, one));
}

function encrypted(prefix: string, place: string): string {
    return (
        `${place}: encrypted value (secure:), but the only secrets of ${prefix.slice(0, -1)} are ${SECRETS.join(", ")}; ` +
        "write it in plain text (pulumi config set without --secret), and keep other secrets in a Kubernetes Secret"
    );
}

function plain(prefix: string, path: string): string {
    return `${path}: a secret in plain text; encrypt it: pulumi config set --secret --path '${prefix}${path}'`;
}

function valueAt(value: unknown, path: string): unknown {
    return path
        .split(".")
        .reduce<unknown>(
            (one, key) =>
                typeof one === "object" && one !== null
                    ? Object.getOwnPropertyDescriptor(one, key)?.value
                    : undefined,
            value,
        );
}

/** The names of keys whose value is a secret, at any place: a union's error has the value of the key above. */
const SECRET_NAMES: ReadonlySet<string> = new Set(
    SECRETS.map((path) => path.slice(path.lastIndexOf(".") + 1)),
);

/** A rejected value as text for an error message, without secrets in it. */
export function withoutSecrets(path: string, value: unknown): string {
    if (SECRETS.some((one) => path === one || path.startsWith(`${one}.`))) return "[secret]";
    return JSON.stringify(value, (key, one: unknown) => (SECRET_NAMES.has(key) ? "[secret]" : one));
}
