/** What pages of other origins may do at an exposure: the exposure's own settings and the stack's. */
import type { ExposureEdge } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { escapeRegex } from "../../catalogue/path-template";

export interface Cors {
    /** `https://app.example.com`, or with one `*` for one label: `https://*.preview.example.com`. At least one. */
    readonly origins: readonly string[];
    readonly methods: readonly string[];
    /** Request headers that a page may set, in lower case. */
    readonly headers: readonly string[];
    /** Response headers that a page may read. */
    readonly exposedHeaders: readonly string[];
    readonly maxAge: string;
    /** Whether the browser may send cookies and client certificates. */
    readonly credentials: boolean;
}

/** A token, and the type of a body that is no form's. */
const HEADERS = ["authorization", "content-type"];

/** Why a request failed and when to come again, without which a page sees no more than "network error". */
const EXPOSED_HEADERS = [
    "retry-after",
    "www-authenticate",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/** Undefined where no page of another origin may call the exposure. */
export function corsOf({ exposure }: ExposureEdge, { edge }: MeshConfig): Cors | undefined {
    const { cors = false, requests = [] } = exposure;
    if (cors === false || edge.corsOrigins.length === 0) return undefined;
    const own = cors === true ? {} : cors;
    const verbs = requests.map((request) => request.slice(0, request.indexOf(" ")));
    return {
        origins: edge.corsOrigins,
        methods: unique(own.methods ?? verbs),
        headers: unique([...HEADERS, ...edge.cors.headers, ...(own.headers ?? [])]),
        exposedHeaders: unique([
            ...EXPOSED_HEADERS,
            ...edge.cors.exposedHeaders,
            ...(own.exposedHeaders ?? []),
        ]),
        maxAge: own.maxAge ?? edge.cors.maxAge,
        credentials: own.credentials ?? edge.cors.credentials,
    };
}

/** An origin with a `*`, as a regular expression for the whole Origin header: the `*` is one label of a host name. */
export function originRegex(origin: string): string {
    return origin.split("*").map(escapeRegex).join("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
}

export function isPattern(origin: string): boolean {
    return origin.includes("*");
}

function unique(names: readonly string[]): string[] {
    return [...new Set(names)].sort();
}
