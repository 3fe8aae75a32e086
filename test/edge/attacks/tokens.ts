/** Attacks by what a token says, and by where and how often it is sent. */
import type { Field } from "../../support/envoy/http2";
import { signedToken } from "../../support/envoy/edge";
import { ACME, FORGED, NESTED, api, bearer, standard, tokenOf } from "./oracle";
import { type Target, holds } from "./target";

/** Declares the tests. */
export function attackByTokens(target: () => Target): void {
    it("a token's tenant must be one plain text", async () => {
        const plain = [
            "acme",
            "m\u00fcnchen",
            "Two Words",
            "\u65e5\u672c",
            "a-b_c.d~e",
            "7",
            "x".repeat(500),
        ];
        const good = plain.map((tenant) => {
            const jwt = tokenOf({ tenant });
            return api(`tenant ${tenant.slice(0, 9)}`, { fields: [bearer(jwt)], token: jwt, tenant });
        });
        const odd: readonly unknown[] = [
            undefined,
            null,
            "",
            " ",
            "\t",
            ["acme"],
            ["acme", "globex"],
            [],
            [["acme"]],
            { id: "acme" },
            { acme: true },
            7,
            7.5,
            -0,
            1e21,
            true,
            "acme,globex",
            "acme globex,",
            " acme",
            "acme ",
            "acme\n",
            "acme\r\nx-tenant: globex",
            "acme\u0000",
            "acme\u007f",
            "acme%20",
            "%61cme",
            "acme/../globex",
            "acme;globex",
            "acme\\globex",
            '"acme"',
            '["acme"]',
            "<acme>",
            // What `trim` and `strip` remove, and invisible characters.
            ...["\u0085", "\u00a0", "\u2003", "\u2028", "\u3000", "\ufeff"].flatMap((space) => [
                `acme${space}`,
                `${space}acme`,
                `ac${space}me`,
            ]),
            ...["\u00ad", "\u200b", "\u200d", "\u202e", "\u2060", "\u{e0061}"].map(
                (invisible) => `ac${invisible}me`,
            ),
            // What normalization turns into a separator.
            ..."\uff0f\uff0c\uff1b\uff05\uff3c\u2044\u2215\uff0e\u2024\ufe52"
                .split("")
                .map((alike) => `acme${alike}globex`),
            "\ud800acme",
            "\ufffdacme",
            "acme\ue000",
        ];
        const refused = odd.map((tenant) =>
            api(`tenant ${JSON.stringify(tenant)}`, { fields: [bearer(tokenOf({ tenant }))] }),
        );
        await holds(target(), [...good, ...refused], 2 * good.length);
    });

    it("a token has one tenant: nested claims, claims of dotted names, keys that appear twice", async () => {
        const nested = (claims: Record<string, unknown>) => tokenOf({ iss: NESTED.issuer, ...claims });
        const jwt = nested({ org: { tenant: "acme" }, tenant: "globex" });
        const literal = nested({ "org.tenant": "globex", org: { tenant: "acme" } });
        const twice = (first: string, second: string) =>
            signedToken(
                JSON.stringify({ ...standard, tenant: "acme" }).replace(
                    '"tenant":"acme"',
                    `"tenant":${JSON.stringify(first)},"tenant":${JSON.stringify(second)}`,
                ),
            );
        await holds(
            target(),
            [
                api("nested", { fields: [bearer(jwt)], token: jwt, tenant: "acme" }),
                api("a dotted name and a nested one", {
                    fields: [bearer(literal)],
                    token: literal,
                    tenant: "acme",
                }),
                api("only a dotted name", { fields: [bearer(nested({ "org.tenant": "acme" }))] }),
                api("a list of objects", { fields: [bearer(nested({ org: [{ tenant: "acme" }] }))] }),
                api("another issuer's claim", { fields: [bearer(nested({ tenant: "acme" }))] }),
                api("a nested claim of the other issuer", {
                    fields: [bearer(tokenOf({ org: { tenant: "acme" } }))],
                }),
                api("two keys", { fields: [bearer(twice("acme", "globex"))] }),
                api("two keys, equal", { fields: [bearer(twice("acme", "acme"))] }),
            ],
            4,
        );
    });

    it("a request has one token, which the gateway verified", async () => {
        const mine = { token: ACME, tenant: "acme" };
        const places: readonly [string, readonly Field[], string][] = [
            ["two headers", [bearer(ACME), bearer(FORGED)], ""],
            ["two headers, the forged one first", [bearer(FORGED), bearer(ACME)], ""],
            ["two headers in different cases", [bearer(ACME), ["Authorization", `bearer ${FORGED}`]], ""],
            ["one header with two tokens", [["authorization", `Bearer ${ACME}, Bearer ${FORGED}`]], ""],
            ["one header with two tokens and a space", [["authorization", `Bearer ${ACME} ${FORGED}`]], ""],
            ["a header with an underscore", [bearer(ACME), ["http_authorization", `Bearer ${FORGED}`]], ""],
            ["header and query", [bearer(ACME)], `?access_token=${FORGED}`],
            ["header and query, later", [bearer(ACME)], `?x=1&access_token=${FORGED}`],
            ["header and query after a semicolon", [bearer(ACME)], `?x=1;access_token=${FORGED}`],
            ["header and query, encoded", [bearer(ACME)], `?%61ccess_token=${FORGED}`],
            ["header and query, as a list", [bearer(ACME)], `?access_token[]=${FORGED}`],
            ["header and query, as an encoded list", [bearer(ACME)], `?access_token%5B0%5D=${FORGED}`],
            ["header and query, as PHP writes it", [bearer(ACME)], `?access.token=${FORGED}`],
            ["header and query, after a space", [bearer(ACME)], `?+access_token=${FORGED}`],
            ["header and query, in capitals", [bearer(ACME)], `?ACCESS_TOKEN=${FORGED}`],
            ["query twice", [], `?access_token=${ACME}&access_token=${FORGED}`],
            ["query twice, the forged one first", [], `?access_token=${FORGED}&access_token=${ACME}`],
            ["query twice, after a semicolon", [], `?access_token=${ACME};access_token=${FORGED}`],
            ["query, as a value and a list", [], `?access_token=${ACME}&access_token[]=${FORGED}`],
            ["query, encoded and plain", [], `?access_token=${ACME}&acces%73_token=${FORGED}`],
            ["query after the fragment", [], `?access_token=${ACME}#&access_token=${FORGED}`],
            ["query of the query", [], `?access_token=${ACME}?access_token=${FORGED}`],
        ];
        const [head = "", payload = "", signature = ""] = ACME.split(".");
        const forms = [
            ...[
                `.${ACME}`,
                `${ACME}.`,
                `${head}..${payload}.${signature}`,
                `${head}.${payload}..${signature}`,
            ],
            ...[`${ACME}=`, `${ACME}==`, `${ACME}.${payload}`, `${head}.${payload}%2e${signature}`],
        ];
        const odd = forms.flatMap((jwt) => [
            api(`in another form, in the header: ${jwt.slice(-9)}`, { fields: [bearer(jwt)] }),
            api(`in another form, in the query: ${jwt.slice(-9)}`, {
                path: `/v1/alerts?access_token=${jwt}`,
            }),
        ]);
        const attempts = places.map(([what, fields, query]) =>
            api(what, { ...mine, fields, path: `/v1/alerts${query}` }),
        );
        const good = [
            api("one header", { ...mine, fields: [bearer(ACME)] }),
            api("one query", { ...mine, path: `/v1/alerts?access_token=${ACME}` }),
            api("one query among others", {
                ...mine,
                path: `/v1/alerts?a=1&access_token=${ACME}&access_token_type=b`,
            }),
            api("a query with semicolons", {
                ...mine,
                fields: [bearer(ACME)],
                path: "/v1/alerts?filter=a;b",
            }),
        ];
        await holds(target(), [...good, ...attempts, ...odd], 2 * good.length);
    });
}
