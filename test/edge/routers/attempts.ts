/** Requests of an attacker with a token of tenant acme: spellings of paths, hosts, tokens and headers. */
import { createHmac } from "node:crypto";
import { JWKS } from "../../support/envoy/edge";
import { config } from "../../support/edge";
import { RandomSource } from "../../support/random";
import { spellings } from "../corpus/spellings";
import type { ExposedHost } from "./exposures";
import { tokenOf } from "./rendered";
import type { Attempt } from "./run";

export const TENANT = "acme";
const SEED = 20_261_130;

const hostOf = ({ label }: ExposedHost) => `${label}.${config.domain}`;
const valid = () => tokenOf({ tenant: TENANT, scope: "platform:write" });

/** Paths of an exposure, spelled in `count` ways. */
export function pathAttempts(exposed: ExposedHost, count: number): Attempt[] {
    const authorization = `Bearer ${valid()}`;
    return spellings(exposed.bases, count, SEED).map((path) => ({
        request: { method: exposed.method, path, host: hostOf(exposed), headers: { authorization } },
        mayAnswer: true,
    }));
}

const OTHER = "other.example.com";

/** Spellings of a host that some proxies, libraries or applications treat as the same host. */
const HOST_OPERATORS: readonly ((host: string) => string)[] = [
    (host) => host.toUpperCase(),
    (host) => `${host.charAt(0).toUpperCase()}${host.slice(1)}`,
    (host) => `${host}.`,
    (host) => `${host}..`,
    (host) => `.${host}`,
    (host) => host.replace(".", ".."),
    (host) => `${host}:443`,
    (host) => `${host}:8443`,
    (host) => `${host}:0`,
    (host) => `${host}:`,
    (host) => `${host}:x`,
    (host) => `${host}:99999`,
    (host) => `user@${host}`,
    (host) => `${host}@${OTHER}`,
    (host) => `${OTHER}@${host}`,
    (host) => `${host}/`,
    (host) => `${host}/../${OTHER}`,
    (host) => `${host}?${OTHER}`,
    (host) => `${host}#${OTHER}`,
    (host) => `${host}\\${OTHER}`,
    (host) => `${host},${OTHER}`,
    (host) => `${OTHER}, ${host}`,
    (host) => host.replace(".", "%2e"),
    (host) => `%${host.charCodeAt(0).toString(16)}${host.slice(1)}`,
    (host) => host.replace(".", "\xe3\x80\x82"),
    (host) => host.replace(".", "\xef\xbc\x8e"),
    (host) => host.replace("s", "\xc5\xbf"),
    (host) => `${host}\t`,
    (host) => ` ${host}`,
    (host) => `[${host}]`,
    (host) => `x.${host}`,
    (host) => `${host}.${OTHER}`,
    (host) => `http://${host}`,
];

/** Hosts changed by one or two operators, with another tenant's path and with the token's. */
export function hostAttempts(exposed: ExposedHost): Attempt[] {
    const host = hostOf(exposed);
    const once = HOST_OPERATORS.map((operator) => operator(host));
    const twice = once.flatMap((spelled) => HOST_OPERATORS.map((operator) => operator(spelled)));
    const headers = { authorization: `Bearer ${valid()}` };
    const paths = [exposed.bases[0] ?? "", tokenTenantPath(exposed)];
    return [...new Set([host, ...once, ...twice])].flatMap((spelled) =>
        paths.flatMap((path) => [
            { request: { path, host: spelled, headers }, mayAnswer: true },
            { request: { path: `http://${spelled}${path}`, host: OTHER, headers }, mayAnswer: true },
            { request: { path, host: OTHER, headers: { ...headers, Host: spelled } }, mayAnswer: true },
        ]),
    );
}

/** The first path with the token's tenant. */
function tokenTenantPath({ bases }: ExposedHost): string {
    return (bases[0] ?? "").replace("globex", TENANT);
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Invalid tokens, and tokens of other tenants. */
function forged(): string[] {
    const now = Math.floor(Date.now() / 1000);
    const [head = "", payload = "", signature = ""] = valid().split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    const others = encoded({ ...claims, tenant: "globex" });
    const unsigned = ["none", "None", "NONE", ""].map(
        (alg) => `${encoded({ alg, kid: "test" })}.${payload}.`,
    );
    const symmetric = `${encoded({ alg: "HS256", kid: "test" })}.${payload}`;
    const hmac = createHmac("sha256", JWKS).update(symmetric).digest("base64url");
    const wrong: readonly Record<string, unknown>[] = [
        { exp: now - 3600 },
        { nbf: now + 3600 },
        { iss: `${String(claims["iss"])}/` },
        { iss: `${String(claims["iss"])}.evil.example` },
        { iss: "https://evil.example" },
        { iss: null },
        { aud: "another-audience" },
        { aud: [] },
        ...["", " ", "Acme", "acme ", " acme", "acme,globex", "acme/globex", "ACME", "\uff41cme"].map(
            (tenant) => ({ tenant }),
        ),
        ...[null, 7, true, ["acme"], ["acme", "globex"], { id: "acme" }, []].map((tenant) => ({ tenant })),
    ];
    return [
        "",
        "x",
        "..",
        `${head}.${payload}`,
        `${head}.${payload}.`,
        `${head}.${others}.${signature}`,
        `${head}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
        `${encoded({ alg: "RS256", kid: "test", jwk: JSON.parse(JWKS) as unknown })}.${payload}.${signature}`,
        `${encoded({ alg: "RS256", kid: "../../dev/null" })}.${payload}.${signature}`,
        `${symmetric}.${hmac}`,
        ...unsigned,
        ...wrong.map((change) => tokenOf({ tenant: TENANT, scope: "platform:write", ...change })),
    ];
}

/** Ways to send a token. */
const PLACES: readonly ((token: string) => { query?: string; headers: Record<string, string> })[] = [
    (token) => ({ headers: { authorization: `Bearer ${token}` } }),
    (token) => ({ headers: { authorization: `bearer ${token}` } }),
    (token) => ({ headers: { AUTHORIZATION: `BEARER  ${token}` } }),
    (token) => ({ headers: { authorization: `Bearer\t${token}` } }),
    (token) => ({ headers: { authorization: token } }),
    (token) => ({ headers: { authorization: `Basic ${token}` } }),
    (token) => ({ headers: { authorization: `Bearer ${token}, Bearer ${token}` } }),
    (token) => ({ headers: { authorization: "Bearer x", Authorization: `Bearer ${token}` } }),
    (token) => ({ headers: { "proxy-authorization": `Bearer ${token}` } }),
    (token) => ({ headers: { cookie: `access_token=${token}` } }),
    (token) => ({ query: `access_token=${token}`, headers: {} }),
    (token) => ({ query: `access_token=x&access_token=${token}`, headers: {} }),
];

/** Every forged token in every location, for both tenants' paths, alone and together with a valid token in the query. */
export function tokenAttempts(exposed: ExposedHost): Attempt[] {
    const host = hostOf(exposed);
    const paths = [exposed.bases[0] ?? "", tokenTenantPath(exposed)];
    const control = { path: tokenTenantPath(exposed), host, headers: { authorization: `Bearer ${valid()}` } };
    const attempts = forged().flatMap((token) =>
        PLACES.flatMap((place) => {
            const { query, headers } = place(token);
            return paths.map((path) => ({
                request: { path: query === undefined ? path : `${path}?${query}`, host, headers },
                mayAnswer: false,
            }));
        }),
    );
    return [{ request: control, mayAnswer: true }, ...attempts];
}

const HEADER_NAMES = [
    ...[
        "x-tenant",
        "X-Tenant",
        "X-TENANT",
        "x_tenant",
        "X_TENANT",
        "x-Tenant_",
        "x.tenant",
        "x-tenant ",
        "x-tenant\t",
    ],
    ...[
        "x-tenant-id",
        "x-tenants",
        "http-x-tenant",
        "http_x_tenant",
        "x--tenant",
        "\tx-tenant",
        "x-tenant\xad",
    ],
    ...[
        "x-original-url",
        "x-rewrite-url",
        "x-http-method-override",
        "x-forwarded-host",
        "x-forwarded-prefix",
    ],
];
const HEADER_VALUES = [
    "globex",
    "acme, globex",
    "globex, acme",
    "acme\tglobex",
    "",
    "/v1/tenants/globex/secret",
    "/hls/globex/s1/seg.ts",
    "\xefglobex",
    '"globex"',
    "Z2xvYmV4",
];

/**
 * Headers that could name another tenant to the application, alone, twice, and named by `connection`. With a valid token the JWT
 * filter overwrites `x-tenant`; at exposures without JWTs only `client-headers` removes it.
 */
export function headerAttempts(exposed: ExposedHost): Attempt[] {
    const token: Record<string, string> = exposed.jwt ? { authorization: `Bearer ${valid()}` } : {};
    const choices = new RandomSource(SEED);
    const request = (headers: Record<string, string>): Attempt => ({
        request: {
            method: exposed.method,
            path: tokenTenantPath(exposed),
            host: hostOf(exposed),
            headers: { ...token, ...headers },
        },
        mayAnswer: true,
    });
    const pairs = HEADER_NAMES.flatMap((name) => HEADER_VALUES.map((value) => ({ [name]: value })));
    return [
        request({}),
        ...pairs.map(request),
        ...pairs.map((pair) => request({ ...pair, ...choices.pick(pairs) })),
        ...pairs.map((pair) => request({ ...pair, Connection: Object.keys(pair)[0] ?? "" })),
        ...["x-tenant", "X-Tenant", "authorization", "x-tenant, close", "te, x-tenant"].map((named) =>
            request({ Connection: named }),
        ),
    ];
}
