/** What a stack says of the mesh's edge: whose tokens count, who counts as staff, and how clients come in. */
import { z } from "zod";
import { imageReference } from "./images";
import { anyNetwork } from "./networks";

/** Parts of a private key in a JWK (RFC 7518): a key set is public, and is copied into the mesh's configuration. */
const PRIVATE_PARTS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const keySet = z.string().superRefine((text, context) => {
    const wrong = wrongInKeySet(text);
    if (wrong !== undefined) context.addIssue({ code: "custom", message: wrong, input: text });
});

/** What keeps `text` from being a JWK set (RFC 7517), if anything does. */
function wrongInKeySet(text: string): string | undefined {
    let keys: unknown;
    try {
        ({ keys } = (JSON.parse(text) ?? {}) as { keys?: unknown });
    } catch {
        return 'must be a JWK set as JSON text: {"keys":[…]}; this is no JSON';
    }
    if (!Array.isArray(keys)) return 'must be a JWK set as JSON text: {"keys":[…]}; this has no list of keys';
    for (const [index, key] of (keys as unknown[]).entries()) {
        if (typeof key !== "object" || key === null || typeof (key as { kty?: unknown }).kty !== "string")
            return `must be a JWK set; its key ${index} has no "kty"`;
        const secret = PRIVATE_PARTS.filter((part) => part in key);
        if (secret.length > 0)
            return `must hold public keys only; its key ${index} has the private part ${secret.join(", ")}`;
    }
    return undefined;
}

/**
 * Where a claim is in a token. A list holds the names from the outermost claim on, each as it is: the one way to name a
 * claim that contains a dot. Istio writes names in brackets, so that they can contain none.
 */
const claim = z.union([
    z
        .string()
        .regex(
            /^[\w:-]+(\.[\w:-]+)*$/,
            "must be the name of a claim, such as tenant, or of one inside another: app.tenant; " +
                'one whose name contains dots or slashes stands in a list: ["https://example.com/roles"]',
        ),
    z
        .array(
            z
                .string()
                .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
                .regex(/^[^[\]]*$/, "must contain no brackets: Istio's policies write claims in them"),
        )
        .min(1),
]);

/** The names of nested claims, from the outermost on. */
export function claimPath(claim: Claim): readonly string[] {
    return typeof claim === "string" ? claim.split(".") : claim;
}

const issuer = z
    .strictObject({
        issuer: z
            .string()
            .regex(
                /^[\x21-\x29\x2b-\x7e]+$/,
                "must be printable ASCII without spaces, and without *, which Istio's policies read as any issuer's end",
            )
            .describe("as it stands in a token's `iss`"),
        audiences: z
            .array(z.string().min(1))
            .min(1)
            .describe("a token must be for one of them: one of the same issuer for others does not count"),
        jwksUri: z
            .url({ protocol: /^https$/ })
            .refine((url) => ["", "443"].includes(new URL(url).port), {
                message:
                    "must be on port 443: istiod may reach no other outside the mesh; or give the key set itself as jwks",
                // An address that is none is told of as such, and has no port.
                when: ({ value }) => typeof value === "string" && URL.canParse(value),
            })
            .optional()
            .describe("where istiod fetches the key set"),
        jwks: keySet
            .optional()
            .describe("the key set itself, as JSON text, where the issuer must not be able to take us down"),
        claims: z
            .strictObject({
                tenant: claim.default("tenant"),
                roles: claim.default("roles"),
                plan: claim.default("plan"),
            })
            .prefault({})
            .describe("what its tokens call these"),
    })
    .refine(({ jwks, jwksUri }) => (jwks === undefined) !== (jwksUri === undefined), {
        message: "must have either jwksUri or jwks: the keys that its tokens are signed with",
    });

/**
 * An origin as browsers write it in the Origin header (RFC 6454), of any scheme: applications that embed a browser have
 * their own, such as capacitor://localhost. `null`, the origin of sandboxed frames and local files, is none: every page can
 * have it. Before the last two labels of an https origin a whole label may be `*`.
 */
const origin = z
    .string()
    .regex(
        /^(https:\/\/\*(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?){2,}|[a-z][a-z0-9+.-]*:\/\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?)(:\d{1,5})?$/,
        "must be an origin such as https://app.example.com, without a path and in lower case; " +
            "or, for any one label, such as https://*.preview.example.com, over https and with two labels at least behind the *",
    );

/**
 * Tokens (RFC 9110, section 5.6.2) in lower case; `*` alone is one too, which browsers do not read as a name. `%` is left out:
 * Envoy's `local_reply_config` reads `%…%` as a command operator.
 */
const headerName = {
    request: z
        .string()
        .regex(
            /^(?!\*$)[!#$&'*+.^`|~0-9a-z-]+$/,
            "must be the name of a header in lower case, such as idempotency-key; * and names with % are not accepted, and the gateways drop names with _",
        ),
    response: z
        .string()
        .regex(
            /^(?!\*$)[!#$&'*+.^_`|~0-9a-z-]+$/,
            "must be the name of a header in lower case, such as x-next-page; * and names with % are not accepted",
        ),
};

const once = [
    (names: readonly string[]) => new Set(names).size === names.length,
    "must name each header once",
] as const;

const cors = z.strictObject({
    headers: z
        .array(headerName.request)
        .refine(...once)
        .default([])
        .describe("request headers that pages may set besides authorization and content-type"),
    exposedHeaders: z
        .array(headerName.response)
        .refine(...once)
        .default([])
        .describe(
            "response headers that pages may read besides rate limits, retry-after and www-authenticate",
        ),
    maxAge: z
        .string()
        .regex(/^\d+[smh]$/, "must be a time such as 10m or 1h")
        .default("1h")
        .describe("how long a browser keeps the answer to a preflight"),
    credentials: z
        .boolean()
        .default(false)
        .describe("whether browsers may send cookies and client certificates"),
});

const requestHeaders = z.strictObject({
    // Envoy itself takes up to 8192 KiB; a gateway holds the headers of each request in memory.
    maxKb: z
        .int()
        .min(16)
        .max(512)
        .default(60)
        .describe(
            "KiB of headers in a client's request; applications have limits of their own, such as 16 KiB",
        ),
    maxCount: z.int().min(50).max(1000).default(100).describe("headers in a client's request"),
});

const rateLimit = z.strictObject({
    enabled: z
        .boolean()
        .default(true)
        .describe("limit tenants and their clients by the plans of the catalogue"),
    image: imageReference.default("docker.io/envoyproxy/ratelimit:3fb70258"),
    redisImage: imageReference.default("docker.io/library/redis:7.4.5-alpine"),
    replicas: z.int().min(1).max(20).default(2).describe("of the rate limit service"),
});

export const edge = z.strictObject({
    issuers: z
        .array(issuer)
        .refine(
            (issuers) => new Set(issuers.map((one) => one.issuer)).size === issuers.length,
            "must name each issuer once",
        )
        .default([])
        .describe("whose tokens the gateways take"),
    keySetNetworks: z
        .array(anyNetwork)
        .default([])
        .describe("where istiod may fetch the issuers' key sets (jwksUri); 0.0.0.0/0 for the whole Internet"),
    adminRole: z.string().min(1).default("platform-admin").describe("the role of the platform's staff"),
    adminNetworks: z
        .array(anyNetwork)
        .default([])
        .describe("from where the admin gateway takes requests; 0.0.0.0/0 for anywhere"),
    corsOrigins: z
        .array(origin)
        .refine((origins) => new Set(origins).size === origins.length, "must name each origin once")
        .default([])
        .describe("the origins whose pages may call exposures with `cors`"),
    cors: cors.prefault({}).describe("what these pages may do, where an exposure does not say it"),
    clientAddress: z
        .enum(["load-balancer", "direct"])
        .default("load-balancer")
        .describe(
            "who tells a gateway its client's address: a Network Load Balancer by the PROXY protocol, or the connection",
        ),
    requestHeaders: requestHeaders
        .prefault({})
        .describe(
            "the limits of a client's request headers; the gateways respond 431 to a request that exceeds one",
        ),
    http10: z
        .boolean()
        .default(false)
        .describe(
            "take HTTP/1.0, which old cameras and proxies speak, with a Host header; HTTP/1.0 gets 426 otherwise",
        ),
    rateLimit: rateLimit.prefault({}),
});

/** The name of a claim, or the names of nested ones. */
export type Claim = z.infer<typeof claim>;

/** One identity provider. */
export type Issuer = z.infer<typeof issuer>;
