import * as assert from "node:assert/strict";

import { type Assembled, catalogueOf, type Part } from "../../../catalogue/assemble";
import { CatalogueError, parseAssembled } from "../../../catalogue/check";
import type { Problem } from "../../../catalogue/check";
import type { Catalogue } from "../../../catalogue/model";
import { callTo, plain, problemsAfter } from "../small";

const named = (name: string) =>
    problemsAfter(({ services }) => {
        services[name] = plain();
    });

const LETTERS =
    "Use lower-case letters, digits and hyphens. Start with a letter, and do not end with a hyphen.";

describe("names", () => {
    const wrong: Record<string, Problem> = {
        Auth_2: {
            rule: "malformed-name",
            where: "Auth_2",
            message: '"Auth_2" is not a valid name for a service',
            remedy: LETTERS,
        },
        "2nd": {
            rule: "malformed-name",
            where: "2nd",
            message: '"2nd" is not a valid name for a service',
            remedy: LETTERS,
        },
        ["a".repeat(41)]: {
            rule: "malformed-name",
            where: "a".repeat(41),
            message: `the name of the service ${"a".repeat(41)} has 41 characters, more than 40`,
            remedy: "Shorten it to 40 characters: object names add to it.",
        },
        default: {
            rule: "reserved-name",
            where: "default",
            message:
                "the name of the service default is reserved: the name of policies for a whole namespace",
            remedy: "Choose another name.",
        },
        "front-primary": {
            rule: "reserved-name",
            where: "front-primary",
            message: "the name of the service front-primary is the one of Flagger's workload for front",
            remedy: "Choose a name that does not end with -primary.",
        },
        "mail-from-shop": {
            rule: "ambiguous-name",
            where: "mail-from-shop",
            message:
                'the name of the service mail-from-shop contains the word "from", which makes the policy names <callee>-from-<caller> ambiguous',
            remedy: 'Choose a name without the word "from".',
        },
        "far-from": {
            rule: "ambiguous-name",
            where: "far-from",
            message:
                'the name of the service far-from contains the word "from", which makes the policy names <callee>-from-<caller> ambiguous',
            remedy: 'Choose a name without the word "from".',
        },
    };
    for (const [name, problem] of Object.entries(wrong)) {
        it(`rejects ${name}`, () => {
            assert.deepEqual(named(name), [problem]);
        });
    }

    for (const name of [
        "auth-2",
        "a".repeat(40),
        "defaults",
        "primary",
        "primary-front",
        "mail-fromage",
        "constructor",
    ]) {
        it(`allows ${name}`, () => {
            assert.deepEqual(named(name), []);
        });
    }

    it("applies to stores and external groups", () => {
        const problems = problemsAfter(({ stores, external }) => {
            stores["Db"] = stores.db;
            external["mesh"] = {
                summary: "Another.",
                hosts: [{ host: "b.example.com", port: 443, protocol: "https" }],
            };
        });
        assert.deepEqual(
            problems.map(({ rule, where, message }) => [rule, where, message]),
            [
                ["malformed-name", "stores.Db", '"Db" is not a valid name for a store'],
                [
                    "reserved-name",
                    "external.mesh",
                    "the name of the external group mesh is reserved: all sidecars, in a VirtualService's gateways",
                ],
            ],
        );
    });

    it("rejects one name for two kinds", () => {
        const problems = problemsAfter(({ services, external }) => {
            services["db"] = plain();
            external["front"] = {
                summary: "Another.",
                hosts: [{ host: "b.example.com", port: 443, protocol: "https" }],
            };
        });
        assert.deepEqual(problems, [
            {
                rule: "name-collision",
                where: "stores.db",
                message: "the store db has the same name as the service db",
                remedy: "Rename one of the two.",
            },
            {
                rule: "name-collision",
                where: "external.front",
                message: "the external group front has the same name as the service front",
                remedy: "Rename one of the two.",
            },
        ]);
    });

    const portNamed = (name: string) =>
        problemsAfter(({ services, http }) => {
            services.front.ports = { ...services.front.ports, [name]: { ...http, number: 8000 } };
        });

    for (const name of ["HTTP", "sixteen-letters-", "a--b", "8080", "a-name-too-long-"]) {
        it(`rejects a port named ${name}`, () => {
            assert.deepEqual(portNamed(name), [
                {
                    rule: "malformed-name",
                    where: `front.ports.${name}`,
                    message: `the port ${name} of front has an invalid name`,
                    remedy: "Use at most 15 lower-case letters, digits and single hyphens, with at least one letter.",
                },
            ]);
        });
    }

    for (const name of ["http-2", "fifteen-letters", "8k"]) {
        it(`allows a port named ${name}`, () => {
            assert.deepEqual(portNamed(name), []);
        });
    }
});

describe("a catalogue of parts", () => {
    it("reports each name that two parts define, with both parts, and keeps the first", () => {
        const [first, second] = [plain(), { ...plain(), minReplicas: 0 }];
        const assembled = catalogueOf(
            { part: "edge.ts", services: { auth: first } },
            { part: "identity.ts", services: { auth: second, users: plain() } },
            { part: "video.ts", services: { auth: second } },
        );
        const { services } = assembled.catalogue as Catalogue;
        assert.equal(services["auth"], first);
        assert.deepEqual(Object.keys(services), ["auth", "users"]);
        assert.deepEqual(problemsOf(assembled), [
            {
                rule: "duplicate-name",
                where: "auth",
                message: "edge.ts and identity.ts both define the service auth",
                remedy: "Rename or remove one of the two.",
            },
            {
                rule: "duplicate-name",
                where: "auth",
                message: "edge.ts and video.ts both define the service auth",
                remedy: "Rename or remove one of the two.",
            },
        ]);
    });

    it("has no problem if names differ", () => {
        const assembled = catalogueOf(
            { part: "edge.ts", services: { auth: plain() } },
            { part: "identity.ts", services: { users: plain() } },
        );
        assert.deepEqual(problemsOf(assembled), []);
    });

    it("names the file of a problem, by the schema and by the checks", () => {
        const broken = { ...plain(), teir: "critical" };
        assert.throws(() => parseAssembled(catalogueOf({ part: "edge.ts", services: { auth: broken } })), {
            name: "CatalogueError",
            message: /^The catalogue has 1 problem:\n\nedge\.ts: services\.auth\.teir \[unknown-key\]/,
        });
        const lonely = { ...plain(), calls: [callTo("unknown")] };
        assert.throws(() => parseAssembled(catalogueOf({ part: "edge.ts", services: { auth: lonely } })), {
            message: /\n\nedge\.ts: auth\.calls\[0\] → unknown \[unknown-service\]/,
        });
    });

    it("is rejected if a part has an unknown or an empty key", () => {
        const parts = [
            { part: "edge.ts", sevices: { auth: plain() } },
            { part: "identity.ts", services: undefined },
            { part: "video.ts", stores: [] },
        ];
        assert.deepEqual(
            problemsOf(catalogueOf(...(parts as unknown as Part[]))).map(({ rule, where }) => [rule, where]),
            [
                ["unknown-key", "[0].sevices"],
                ["missing-value", "[1].services"],
                ["wrong-type", "[2].stores"],
            ],
        );
    });
});

function problemsOf(assembled: Assembled): readonly Problem[] {
    try {
        parseAssembled(assembled);
        return [];
    } catch (error) {
        assert.ok(error instanceof CatalogueError);
        return error.problems;
    }
}
