/** Requests of an attacker with a token of tenant acme, and what of them must not reach an application. */
import { JWKS, token } from "../../support/envoy/edge";
import type { Field } from "../../support/envoy/http2";
import type { Recorded } from "../../support/envoy/recorder";
import { loadStackFile } from "../../../config/load";
import { tenantsRead } from "../corpus/readings";

const stack = loadStackFile("local", `${__dirname}/../../..`);
const sample = stack.edge.issuers[0]!;
/** A second issuer, whose tenant is a nested claim. */
export const NESTED = {
    ...sample,
    issuer: "https://nested.example.com",
    claims: { ...sample.claims, tenant: "org.tenant" },
};
const issuers = [sample, NESTED].map((one) => ({ ...one, jwks: JWKS }));
export const config = { ...stack, edge: { ...stack.edge, issuers } };
export const HOST = {
    api: `api.${config.domain}`,
    stream: `stream.${config.domain}`,
    ws: `ws.${config.domain}`,
    open: `auth.${config.domain}`,
    push: `ingest-api.${config.domain}`,
};
const now = Math.floor(Date.now() / 1000);
export const standard = {
    iss: sample.issuer,
    aud: sample.audiences[0],
    exp: now + 3600,
    scope: "platform:write",
};
export const tokenOf = (claims: Record<string, unknown>): string => token({ ...standard, ...claims });
export const ACME = tokenOf({ tenant: "acme" });
/** Not signed: what a service would obey that leaves the verification to the mesh. */
export const FORGED = `${ACME.split(".")[0]}.${Buffer.from(JSON.stringify({ ...standard, tenant: "globex" })).toString("base64url")}.AAAA`;
export const bearer = (text: string): Field => ["authorization", `Bearer ${text}`];

export interface Attempt {
    readonly what: string;
    readonly host: string;
    readonly method?: string;
    readonly path: string;
    readonly fields: readonly Field[];
    readonly trailers?: readonly Field[];
    /** The token that the gateway verifies; undefined if no request may arrive. */
    readonly token?: string;
    readonly tenant?: string;
}

/** The header that programs read under this name: CGI, WSGI, Rack and PHP map all of these to one variable. */
export function readAs(name: string): string {
    return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
}

export const OURS = ["x-tenant", "x-roles", "x-plan", "x-subject"];

/** What a client could add after the body: identity headers, others that frameworks obey, and any other. */
export const TRAILERS = [
    ...OURS,
    ...[
        "x_tenant",
        "x.tenant",
        "x-tenant-id",
        "x-user",
        "authorization",
        "x-forwarded-host",
        "x-http-method-override",
    ],
    ...["x-sparc-token-tenant", "grpc-status", "checksum", "a"],
].map((name): Field => [name, "globex"]);

/** Headers of a gRPC request. */
export const GRPC: readonly Field[] = [
    ["content-type", "application/grpc"],
    ["te", "trailers"],
];

/** Why the application could act for another tenant than the token's. */
export function holes(attempt: Attempt, { path, headers, trailers }: Recorded): string[] {
    if (attempt.token === undefined && attempt.host !== HOST.open) return [`it arrived: ${path}`];
    const read = headers.filter(([name]) => readAs(name) === "x-tenant").map(([, value]) => value);
    const expected = attempt.tenant === undefined ? [] : [utf8(attempt.tenant)];
    const found: string[] = [];
    if (JSON.stringify(read) !== JSON.stringify(expected)) found.push(`x-tenant is ${JSON.stringify(read)}`);
    if (trailers.length > 0) found.push(`it has the trailers ${JSON.stringify(trailers)}`);
    const [bare = "", query = ""] = path.split("?", 2);
    for (const head of [["v1", "tenants"], ["hls"]])
        for (const named of tenantsRead(bare, head))
            if (named !== utf8(attempt.tenant ?? "")) found.push(`the path names ${named}`);
    if (attempt.host === HOST.open) return found;
    const credentials = [
        ...headers.filter(([name]) => readAs(name) === "authorization").map(([, value]) => value),
        ...query
            .split(/[&;]/)
            .filter((one) => /access.?token/i.test(decoded(one)))
            .map(decoded),
    ];
    for (const text of credentials)
        for (const [jwt] of text.matchAll(/[\w-]{16,}\.[\w-]{16,}\.?[\w-]*/g))
            if (jwt !== attempt.token)
                found.push(`a token arrives that the gateway did not verify: …${jwt.slice(-12)}`);
    return found;
}

/** Node.js reads the bytes of a header as Latin-1. */
function utf8(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

function decoded(text: string): string {
    return text
        .replaceAll("+", " ")
        .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** A request to the API. */
export const api = (what: string, more: Partial<Attempt>): Attempt => ({
    ...{ what, host: HOST.api, path: "/v1/alerts", fields: [] },
    ...more,
});
