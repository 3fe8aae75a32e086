/**
 * Tenants' names and request targets beyond ASCII, in a real Envoy whose RE2 reads Latin-1, and in one whose RE2 reads UTF-8. The
 * oracle is this program's Unicode data.
 */
import assert from "node:assert/strict";
import type { EnvoyFilterManifest } from "../../components/base/manifest";
import { type Edge, JWKS, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { EXTENSIONS } from "../support/envoy/patched";
import { requireEnvoy } from "../support/envoy/program";
import { config, objectsOf, withEdge } from "../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const objects = objectsOf({
    config: withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] }),
});
const host = `api.${config.domain}`;

/** Denies a header whose value is one character beyond ASCII: `é` is one character in UTF-8, and two in Latin-1. */
const PROBE: EnvoyFilterManifest = {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: "encoding", namespace: "istio-ingress" },
    spec: {
        configPatches: [
            {
                applyTo: "HTTP_FILTER",
                match: { context: "GATEWAY" },
                patch: {
                    operation: "INSERT_FIRST",
                    value: {
                        name: "encoding",
                        typed_config: {
                            "@type": `${EXTENSIONS}.filters.http.rbac.v3.RBAC`,
                            rules: {
                                action: "DENY",
                                policies: {
                                    one: {
                                        permissions: [
                                            {
                                                header: {
                                                    name: "one",
                                                    string_match: { safe_regex: { regex: "[^\\x00-\\x7f]" } },
                                                },
                                            },
                                        ],
                                        principals: [{ any: true }],
                                    },
                                },
                            },
                        },
                    },
                },
            },
        ],
    },
};

/** ASCII that no tenant's name may have, and what programs ignore or show as nothing. */
const SEPARATORS = /[,;/\\%?#"'<>{}[\]\p{Cc}]/u;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Z}\p{Co}\p{Default_Ignorable_Code_Point}\u2800\ufffc\ufffd]/u;
/** Looks like a dot or a slash, and best-fit code pages map it to one. */
const ALIKE = /[\u2044\u2024\u2025\ufe52\uff0e\u2215\u2216\u29f5\u29f8\u29f9]/;
const ASSIGNED = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;

/** All characters of a block that lead to the same decision are decided by few of them: private use and unassigned ones. */
const isSample = (point: number) =>
    point < 0xe000 ||
    (point > 0xf8ff && point < 0x20000) ||
    [0, 1, 0x3f, 0x40, 0xfff].includes(point & 0xfff);

function characters(): { ambiguous: string[]; others: string[] } {
    const ambiguous: string[] = [];
    const others: string[] = [];
    for (let point = 0x80; point <= 0x10ffff; point++) {
        if (point >= 0xd800 && point <= 0xdfff) continue;
        const character = String.fromCodePoint(point);
        if (UNSEEN.test(character) || ALIKE.test(character) || SEPARATORS.test(character.normalize("NFKC"))) {
            if (isSample(point)) ambiguous.push(character);
        } else if (ASSIGNED.test(character) && (point < 0x3000 || point % 7 === 0)) others.push(character);
    }
    return { ambiguous, others };
}

const NAMES = [
    "Córdoba",
    "são-paulo",
    "münchen",
    "Łódź",
    "Αθήνα",
    "Київ",
    "日本",
    "서울",
    "بغداد",
    "îòóôï",
    "Â",
    "𐀀",
];
const CHUNK = 400;

for (const regexEncoding of ["latin1", "utf8"] as const)
    describe(`text beyond ASCII at a gateway whose RE2 reads ${regexEncoding}`, function () {
        this.timeout(240_000);
        let edge: Edge | undefined;
        before(async function () {
            const program = await requireEnvoy(this);
            edge = await startEdge(program, {
                gateway: "public",
                service: "api-gateway",
                port: 8080,
                policies: false,
                regexEncoding,
                objects: [...objects, PROBE],
            });
        });
        after(() => edge?.stop());
        const send = async (headers: Record<string, string>, path = "/v1/alerts") => {
            assert.ok(edge);
            return edge.viaGateway({ path, host, headers });
        };
        const bearer = (tenant: string) => ({
            authorization: `Bearer ${token({ iss: name, aud: audiences[0], tenant })}`,
        });

        it("is read in this encoding", async () => {
            assert.equal(
                (await send({ ...bearer("acme"), one: "\xc3\xa9" })).status,
                regexEncoding === "utf8" ? 403 : 200,
            );
        });

        it("names a tenant, unless it has a character that looks or normalizes like something else", async () => {
            const { ambiguous, others } = characters();
            assert.ok(ambiguous.length > 200 && others.length > 10_000);
            for (const tenant of NAMES) {
                const answer = await send(bearer(tenant));
                assert.equal(answer.status, 200, tenant);
                assert.equal(
                    Buffer.from(receivedRequest(answer).headers["x-tenant"] ?? "", "latin1").toString(),
                    tenant,
                );
            }
            const accepted: string[] = [];
            for (const character of ambiguous)
                for (const tenant of [`ac${character}me`, `ó${character}`])
                    if ((await send(bearer(tenant))).status !== 403) accepted.push(hex(character));
            assert.deepEqual(accepted, []);
            const refused: string[] = [];
            for (let at = 0; at < others.length; at += CHUNK) {
                const tenant = `a${others.slice(at, at + CHUNK).join("a")}a`;
                if ((await send(bearer(tenant))).status !== 200) refused.push(hex(others[at] ?? ""));
            }
            assert.deepEqual(refused, []);
        });

        // No filter has to read such bytes: patterns that deny would not match them in UTF-8.
        it("is no part of a request target: Envoy rejects bytes that are not percent-encoded", async () => {
            for (const bytes of ["\xff", "\xc3\xa9", "\xe6\x97\xa5", "\xed\xa0\x80", "\xc0\xaf"])
                for (const path of [
                    `/v1/${bytes}`,
                    `/v1/alerts?q=${bytes}`,
                    `/v1/alerts?access_token=x&q=${bytes}`,
                ])
                    assert.equal((await send(bearer("acme"), path)).status, 400, path);
            assert.equal((await send(bearer("acme"), "/v1/alerts?q=%C3%A9")).status, 200);
        });
    });

function hex(character: string): string {
    return `U+${(character.codePointAt(0) ?? 0).toString(16)}`;
}
