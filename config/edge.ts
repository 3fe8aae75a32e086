/** What a stack says of the mesh's edge: whose tokens count, who counts as staff, and how clients come in. */
import { isIP } from "node:net";
import { z } from "zod";

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

const claim = z
    .string()
    .regex(
        /^[\w:-]+(\.[\w:-]+)*$/,
        "must be the name of a claim, such as tenant, or of one inside another: app.tenant",
    );

const issuer = z
    .strictObject({
        issuer: z.string().min(1).describe("as it stands in a token's `iss`"),
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

const network = z.string().refine(isNetwork, "must be a network such as 203.0.113.0/24, or 2001:db8::/32");

function isNetwork(text: string): boolean {
    const [address = "", length = "", ...more] = text.split("/");
    const version = isIP(address);
    return (
        version !== 0 &&
        more.length === 0 &&
        /^\d{1,3}$/.test(length) &&
        Number(length) <= (version === 4 ? 32 : 128)
    );
}

const origin = z
    .string()
    .regex(
        /^https?:\/\/[a-z0-9.-]+(:\d+)?$/,
        "must be an origin such as https://app.example.com, without a path",
    );

const rateLimit = z.strictObject({
    enabled: z
        .boolean()
        .default(true)
        .describe("limit tenants and their clients by the plans of the catalogue"),
    image: z.string().min(1).default("docker.io/envoyproxy/ratelimit:3fb70258"),
    redisImage: z.string().min(1).default("docker.io/library/redis:7.4.5-alpine"),
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
        .array(network)
        .default([])
        .describe("where istiod may fetch the issuers' key sets (jwksUri); 0.0.0.0/0 for the whole Internet"),
    adminRole: z.string().min(1).default("platform-admin").describe("the role of the platform's staff"),
    adminNetworks: z
        .array(network)
        .default([])
        .describe("from where the admin gateway takes requests; 0.0.0.0/0 for anywhere"),
    corsOrigins: z.array(origin).default([]).describe("whose pages may ask exposures with `cors`"),
    clientAddress: z
        .enum(["load-balancer", "direct"])
        .default("load-balancer")
        .describe(
            "who tells a gateway its client's address: a Network Load Balancer by the PROXY protocol, or the connection",
        ),
    rateLimit: rateLimit.prefault({}),
});

/** One identity provider. */
export type Issuer = z.infer<typeof issuer>;
