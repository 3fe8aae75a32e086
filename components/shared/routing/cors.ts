/** CORS: what an exposure and the stack together allow pages of other origins. */
import type { ExposureEdge } from "../../../catalogue/query";
import type { MeshConfig } from "../../../config/schema";
import { escapeRegex } from "../../../catalogue/path-template";

export interface Cors {
    /** `https://app.example.com`, or with one `*` for one label: `https://*.preview.example.com`. At least one. */
    readonly origins: readonly string[];
    readonly methods: readonly string[];
    /** Request headers that a page can set, in lower case. */
    readonly headers: readonly string[];
    /** Response headers that a page can read. */
    readonly exposedHeaders: readonly string[];
    readonly maxAge: string;
    /** Whether browsers can send cookies and client certificates. */
    readonly credentials: boolean;
}

/** The token, and content types other than a form's. */
const HEADERS = ["authorization", "content-type"];

/** Why a request failed and when to retry. Without these a page sees only "network error". */
const EXPOSED_HEADERS = [
    "retry-after",
    "www-authenticate",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/** Returns undefined if pages of other origins cannot call the exposure. */
export function corsOf({ exposure }: ExposureEdge, { edge }: MeshConfig): Cors | undefined {
    const { cors = false, requests = [] } = exposure;
    if (cors === false || edge.corsOrigins.length === 0) return undefined;
    const overrides = cors === true ? {} : cors;
    const verbs = requests.map((request) => request.slice(0, request.indexOf(" ")));
    return {
        origins: edge.corsOrigins,
        methods: unique(overrides.methods ?? verbs),
        headers: unique([...HEADERS, ...edge.cors.headers, ...(overrides.headers ?? [])]),
        exposedHeaders: unique([
            ...EXPOSED_HEADERS,
            ...edge.cors.exposedHeaders,
            ...(overrides.exposedHeaders ?? []),
        ]),
        maxAge: overrides.maxAge ?? edge.cors.maxAge,
        credentials: overrides.credentials ?? edge.cors.credentials,
    };
}

/** A regular expression for the whole Origin header. A `*` in the origin stands for one label of the host name. */
export function originRegex(origin: string): string {
    return origin.split("*").map(escapeRegex).join("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
}

export function isPattern(origin: string): boolean {
    return origin.includes("*");
}

function unique(names: readonly string[]): string[] {
    return [...new Set(names)].sort();
}
