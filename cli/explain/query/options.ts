/** The command line's options. */
import type { HttpRequest } from "../../lib/evaluate/model";

export interface QueryOptions {
    readonly source: string;
    readonly destination: string;
    /** A port's name or number. @default every port except the health port */
    readonly port?: string;
    /** @default every operation that the catalogue lists for the port */
    readonly path?: string;
    /** @default POST for gRPC, else GET */
    readonly method?: string;
    /** The IPv4 address of an external host. @default unknown */
    readonly address?: string;
    /** `name: value` each. */
    readonly headers?: readonly string[];
}

/** A query with an unknown name, a port that does not exist, or an invalid option. */
export class InvalidQuery extends Error {}

/**
 * A request as proxies parse it.
 *
 * @throws InvalidQuery for a header without a name
 */
export function requestOf(method: string, path: string, { headers = [] }: QueryOptions): HttpRequest {
    const pairs = headers.map((header) => {
        const colon = header.indexOf(":");
        if (colon < 1) throw new InvalidQuery(`--header ${header}: must be "name: value"`);
        return [header.slice(0, colon).trim().toLowerCase(), header.slice(colon + 1).trim()];
    });
    return { method, path, headers: Object.fromEntries(pairs) as Record<string, string> };
}

/** RFC 9110, section 9, and PATCH (RFC 5789). */
export const HTTP_METHODS: readonly string[] = [
    ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"],
];
