/**
 * Values that are reserved for examples, which the committed stack files have. No deployment can work with them: EKS
 * rejects a principal of an account that is not there, but only once the cluster exists.
 */

interface Reserved {
    readonly pattern: RegExp;
    /** Completes "<value> …". */
    readonly problem: string;
    readonly remedy: string;
}

const RESERVED: readonly Reserved[] = [
    {
        // The accounts of AWS' documentation.
        pattern: /(?<![\w-])(?:111122223333|123456789012|444455556666)(?![\w-])/,
        problem: "has an account ID of AWS' documentation",
        remedy: "use an account of your own",
    },
    {
        // RFC 2606, sections 2 and 3.
        pattern:
            /(?<![a-z0-9-])(?:example\.(?:com|net|org)|[a-z0-9-]+\.(?:example|invalid|test))(?!\.?[a-z0-9-])/i,
        problem: "is in a domain that RFC 2606 reserves for examples",
        remedy: "use a domain of your own",
    },
    {
        // RFC 5737, RFC 3849.
        pattern: /(?<![\d.])(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d|(?<![\da-f:])2001:0?db8:/i,
        problem: "is in a network that RFC 5737 and RFC 3849 reserve for documentation",
        remedy: "use the real addresses",
    },
];

/** Returns a problem for each value, at any depth, that is reserved for examples. */
export function exampleValues(value: unknown, path: readonly string[] = []): string[] {
    if (typeof value === "string") {
        return RESERVED.filter(({ pattern }) => pattern.test(value)).map(
            ({ problem, remedy }) => `${path.join(".")}: ${value} ${problem}; ${remedy}`,
        );
    }
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, item]) => exampleValues(item, [...path, key]));
}
