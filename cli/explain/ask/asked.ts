/** What stands on the command line. */
import type { HttpRequest } from "../evaluate/model";

export interface Asked {
    readonly source: string;
    readonly destination: string;
    /** A port's name or number. @default every port but that of health */
    readonly port?: string;
    /** @default everything that the catalogue says the port offers */
    readonly path?: string;
    /** @default POST for gRPC, else GET */
    readonly method?: string;
    /** The IPv4 address of an external host. @default unknown */
    readonly address?: string;
    /** `name: value` each. */
    readonly headers?: readonly string[];
}

/** A question that cannot be asked: a name that leads nowhere, or a port that is not there. */
export class Unanswerable extends Error {}

/**
 * A request as the proxies read it.
 *
 * @throws Unanswerable for a header that has no name.
 */
export function requestOf(method: string, path: string, { headers = [] }: Asked): HttpRequest {
    const pairs = headers.map((header) => {
        const colon = header.indexOf(":");
        if (colon < 1) throw new Unanswerable(`${header} is no header: write it as "name: value"`);
        return [header.slice(0, colon).trim().toLowerCase(), header.slice(colon + 1).trim()];
    });
    return { method, path, headers: Object.fromEntries(pairs) as Record<string, string> };
}
