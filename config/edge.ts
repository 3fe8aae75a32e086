/** The mesh's edge: trusted token issuers, the staff's role and networks, and how clients connect. */
import { z } from "zod";
import { imageReference } from "./images";
import { anyNetwork } from "./networks";
import { REDIS_VERSION } from "./versions";

/**
 * Private members of a JWK (RFC 7518). They are rejected: a key set is public and is copied into the mesh's
 * configuration.
 */
const PRIVATE_PARTS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const keySet = z.string().superRefine((text, context) => {
    const problem = keySetProblem(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem, input: text });
});

/** Returns why `text` is not a public JWK set (RFC 7517), or undefined. */
function keySetProblem(text: string): string | undefined {
    let keys: unknown;
    try {
        ({ keys } = (JSON.parse(text) ?? {}) as { keys?: unknown });
    } catch {
        return 'must be a JWK set as JSON text: {"keys":[…]}; this is not JSON';
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
 * A claim's place in a token. A list contains the names from the outermost claim inward, each taken literally, which
 * is the only way to name a claim that contains a dot. Istio's policies put the names in brackets, so a name cannot
 * contain brackets.
 */
const claim = z.union([
    z
        .string()
        .regex(
            /^[\w:-]+(\.[\w:-]+)*$/,
            "must be the name of a claim, such as tenant, or of one inside another: app.tenant; " +
                'if its name contains dots or slashes, write it as a list: ["https://example.com/roles"]',
        ),
    z
        .array(
            z
                .string()
                .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
                .regex(
                    /^[^[\]]*$/,
                    "must not contain brackets: Istio's policies put claim names in brackets",
                ),
        )
        .min(1),
]);

/** The names of nested claims, from the outermost inward. */
export function claimPath(claim: Claim): readonly string[] {
    return typeof claim === "string" ? claim.split(".") : claim;
}

const issuer = z
    .strictObject({
        issuer: z
            .string()
            .regex(
                /^[\x21-\x29\x2b-\x7e]+$/,
                "must be printable ASCII without spaces, and without *, which Istio's policies treat as a wildcard",
            )
            .describe("The token's `iss` claim."),
        audiences: z
            .array(z.string().min(1))
            .min(1)
            .describe(
                "A token's `aud` must contain one of these. Tokens of the same issuer for other audiences are rejected.",
            ),
        jwksUri: z
            .url({ protocol: /^https$/ })
            .refine((url) => ["", "443"].includes(new URL(url).port), {
                message:
                    "must use port 443, the only external port that istiod can reach; or set jwks to the key set",
                // An invalid URL has no port. Another rule reports it.
                when: ({ value }) => typeof value === "string" && URL.canParse(value),
            })
            .optional()
            .describe("The URL from which istiod fetches the key set."),
        jwks: keySet
            .optional()
            .describe("The key set as JSON text, if the mesh must not depend on the issuer's availability."),
        claims: z
            .strictObject({
                tenant: claim.default("tenant"),
                roles: claim.default("roles"),
                plan: claim.default("plan"),
            })
            .prefault({})
            .describe("The claims of its tokens that contain the tenant, the roles and the plan."),
    })
    .refine(({ jwks, jwksUri }) => (jwks === undefined) !== (jwksUri === undefined), {
        message: "must have either jwksUri or jwks, the keys that sign its tokens",
    });

/**
 * An origin as browsers write it in the Origin header (RFC 6454), with any scheme: applications with an embedded
 * browser use others, such as capacitor://localhost. `null`, the origin of sandboxed frames and local files, is
 * rejected because every page can have it. In an https origin, `*` can stand for a whole label before the last two.
 */
const origin = z
    .string()
    .regex(
        /^(https:\/\/\*(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?){2,}|[a-z][a-z0-9+.-]*:\/\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?)(:\d{1,5})?$/,
        "must be an origin such as https://app.example.com, without a path and in lower case; " +
            "a wildcard such as https://*.preview.example.com requires https and at least two labels after the *",
    );

/**
 * Tokens (RFC 9110, section 5.6.2) in lower case. `*` alone is a token too, but browsers do not treat it as a name.
 * `%` is excluded because Envoy's `local_reply_config` treats `%…%` as a command operator.
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

const uniqueNames = [
    (names: readonly string[]) => new Set(names).size === names.length,
    "must list each header once",
] as const;

const cors = z.strictObject({
    headers: z
        .array(headerName.request)
        .refine(...uniqueNames)
        .default([])
        .describe("Request headers that pages can set in addition to authorization and content-type."),
    exposedHeaders: z
        .array(headerName.response)
        .refine(...uniqueNames)
        .default([])
        .describe(
            "Response headers that pages can read in addition to rate limits, retry-after and www-authenticate.",
        ),
    maxAge: z
        .string()
        .regex(/^\d+[smh]$/, "must be a duration such as 10m or 1h")
        .default("1h")
        .describe("How long a browser caches a preflight response."),
    credentials: z
        .boolean()
        .default(false)
        .describe("Whether browsers can send cookies and client certificates."),
});

const requestHeaders = z.strictObject({
    // Envoy accepts up to 8192 KiB. A gateway buffers the headers of each request in memory.
    maxKb: z
        .int()
        .min(16)
        .max(512)
        .default(60)
        .describe(
            "The maximum size of a client's request headers, in KiB. Applications have limits too, such as 16 KiB.",
        ),
    maxCount: z
        .int()
        .min(50)
        .max(1000)
        .default(100)
        .describe("The maximum number of a client's request headers."),
});

const rateLimit = z.strictObject({
    enabled: z
        .boolean()
        .default(true)
        .describe("Whether tenants and their clients are rate limited by the catalogue's plans."),
    image: imageReference.default("docker.io/envoyproxy/ratelimit:3fb70258"),
    redisImage: imageReference.default(`docker.io/library/redis:${REDIS_VERSION}`),
    replicas: z.int().min(1).max(20).default(2).describe("Replicas of the rate limit service."),
});

export const edge = z.strictObject({
    issuers: z
        .array(issuer)
        .refine(
            (issuers) => new Set(issuers.map((one) => one.issuer)).size === issuers.length,
            "must list each issuer once",
        )
        .default([])
        .describe("The JWT issuers that the gateways trust."),
    jwksCidrs: z
        .array(anyNetwork)
        .default([])
        .describe(
            "CIDR blocks from which istiod can fetch the issuers' key sets (jwksUri); 0.0.0.0/0 for the whole Internet.",
        ),
    adminRole: z.string().min(1).default("platform-admin").describe("The role of the platform's staff."),
    adminCidrs: z
        .array(anyNetwork)
        .default([])
        .describe("CIDR blocks from which the admin gateway accepts requests; 0.0.0.0/0 for any."),
    corsOrigins: z
        .array(origin)
        .refine((origins) => new Set(origins).size === origins.length, "must list each origin once")
        .default([])
        .describe("The origins whose pages can call exposures with `cors`."),
    cors: cors.prefault({}).describe("Defaults for exposures with `cors`."),
    clientAddress: z
        .enum(["load-balancer", "direct"])
        .default("load-balancer")
        .describe(
            "The source of the client address at a gateway: the PROXY protocol of a Network Load Balancer, or the connection.",
        ),
    requestHeaders: requestHeaders
        .prefault({})
        .describe(
            "The limits of a client's request headers. The gateways respond 431 to a request that exceeds one.",
        ),
    http10: z
        .boolean()
        .default(false)
        .describe(
            "Whether the gateways accept HTTP/1.0 with a Host header, which old cameras and proxies speak. Otherwise HTTP/1.0 gets 426.",
        ),
    rateLimit: rateLimit.prefault({}),
});

/** The name of a claim, or the names of nested claims. */
export type Claim = z.infer<typeof claim>;

/** One identity provider. */
export type Issuer = z.infer<typeof issuer>;
