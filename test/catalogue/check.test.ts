import * as assert from "node:assert/strict";

import * as fc from "fast-check";

import { parseCatalogue, checkCatalogue } from "../../catalogue/check";
import type { Problem } from "../../catalogue/check";
import type { Catalogue, Service } from "../../catalogue/model";
import { indexOf } from "../../catalogue/query";
import { catalogueOfSize } from "../support/scale";
import { arbitraryCatalogue } from "./arbitrary";
import { reordered } from "./rewrite";
import type { Draft } from "./small";
import { callTo, changed, plain } from "./small";

/** Ten mistakes, each for a different rule. */
const tenMistakes = changed(({ services, external, exposure, frontToMiddle, middleToBack, tcp }) => {
    services["mail-from-shop"] = plain();
    tcp.number = 8081;
    frontToMiddle.methods = ["Gett"];
    middleToBack.timeout = "6s";
    services.back.calls = [{ ...frontToMiddle, methods: ["Get"], timeout: "1s" }, callTo("fornt")];
    services.back.exposures = [{ ...exposure, gateway: "admin", timeout: "15s" }];
    services.front.stores = ["cache"];
    services["lazy"] = { ...plain(), tier: "background" };
    services["urgent"] = { ...plain(), tier: "critical", calls: [callTo("lazy")] };
    external.mail.hosts.push({ ...external.mail.hosts[0], port: 443 } as never);
});

describe("a catalogue", () => {
    it("with ten different mistakes has ten problems, reported at once", () => {
        assert.deepEqual(
            checkCatalogue(tenMistakes).map(({ rule, where }) => `${rule}: ${where}`),
            [
                "ambiguous-name: mail-from-shop",
                "reserved-port: back.ports.mqtt",

                "unknown-service: back.calls[1] → fornt",
                "unknown-store: front.stores[0] → cache",
                "not-offered: front.calls[0] → middle",
                "duplicate-host: front.exposures[0] → public api",
                "duplicate-external-host: external.mail.hosts[1] → mail.example.com",
                "cycle: back.calls[0] → middle",
                "timeout-outlasts-caller: middle.calls[0] → back",
                "needs-background: urgent.calls[0] → lazy",
            ],
        );
    });

    it("with problems throws one error that lists each with its location and remedy", () => {
        const catalogue = changed(({ services, frontToMiddle }) => {
            frontToMiddle.to = "midle";
            services.front.stores = ["dbs"];
        });
        assert.throws(
            () => {
                parseCatalogue(catalogue);
            },
            {
                name: "CatalogueError",
                message: `The catalogue has 2 problems:

front.calls[0] → midle [unknown-service]
    front calls the unknown service midle
    Did you mean "middle"?

front.stores[0] → dbs [unknown-store]
    front uses the unknown store dbs
    Did you mean "db"?`,
            },
        );
    });

    it("with one problem uses the singular", () => {
        const catalogue = changed(({ frontToMiddle }) => {
            frontToMiddle.to = "midle";
        });
        assert.throws(
            () => {
                parseCatalogue(catalogue);
            },
            { message: /^The catalogue has 1 problem:\n/ },
        );
    });

    it("without problems throws nothing", () => {
        parseCatalogue(changed(() => undefined));
    });

    it("generated at random has no problem", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), (catalogue) => {
                assert.deepEqual(checkCatalogue(catalogue), []);
            }),
        );
    });

    it("of any size has no problem", () => {
        for (const size of [1, 7, 24, 240, 2400]) {
            const catalogue = catalogueOfSize(size);
            assert.equal(Object.keys(catalogue.services).length, size);
            assert.deepEqual(checkCatalogue(catalogue), []);
        }
    });

    it("has the same problems in the same order, whatever the order of declarations", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), mistakes, fc.integer(), (catalogue, made, seed) => {
                const wrong = spoilt(catalogue, made);
                assert.deepEqual(checkCatalogue(reordered(wrong, seed)), checkCatalogue(wrong));
            }),
        );
    });

    it("with random mistakes fails only by problems, each with location, message and remedy", () => {
        const rules = new Set<string>();
        fc.assert(
            fc.property(arbitraryCatalogue(), mistakes, (catalogue, made) => {
                for (const problem of checkCatalogue(spoilt(catalogue, made))) {
                    rules.add(problem.rule);
                    assertWorded(problem);
                }
            }),
            { numRuns: 300, seed: 1 },
        );
        // Ensures that the two properties above cover many rules.
        assert.ok(rules.size >= 10, [...rules].join(", "));
    });

    it("of twice the size takes at most twice the work", () => {
        const work = (size: number, use: (catalogue: Catalogue) => unknown) => {
            let reads = 0;
            const counting = <T extends object>(target: T): T =>
                new Proxy(target, {
                    // eslint-disable-next-line no-restricted-syntax -- the name of the Proxy trap
                    ownKeys(from) {
                        const keys = Reflect.ownKeys(from);
                        reads += keys.length;
                        return keys;
                    },
                    get(from, key, receiver) {
                        reads += 1;
                        const value: unknown = Reflect.get(from, key, receiver);
                        return typeof value === "object" && value !== null ? counting(value) : value;
                    },
                });
            use(counting(catalogueOfSize(size)));
            return reads;
        };
        for (const use of [checkCatalogue, indexOf]) {
            const ratio = work(800, use) / work(400, use);
            assert.ok(ratio > 1.9 && ratio < 2.2, `${use.name}: ${ratio}`);
        }
    });
});

function assertWorded({ where, message, remedy }: Problem): void {
    for (const text of [where, message, remedy]) {
        assert.notEqual(text, "");
        assert.doesNotMatch(text, /undefined|\[object|NaN/);
    }
    assert.match(remedy, /[.?]$/);
}

type Spoil = (service: Draft<Service>, names: readonly string[], number: number) => void;

/** Ways to introduce a mistake into a service, given all names and a random number. */
const SPOILS: readonly Spoil[] = [
    (service, names, number) => (service.calls ?? []).push(callTo(names[number % names.length] ?? "", "1h")),
    (service) => (service.calls ?? []).push(callTo("no-such-service")),
    (service) => {
        (service.calls ?? []).forEach((call) => (call.timeout = "stream"));
    },
    (service) => {
        (service.calls ?? []).forEach((call) => (call.requests = ["GET /nowhere"]));
    },
    (service) => {
        (service.calls ?? []).forEach((call) => (call.methods = []));
    },
    (service) => (service.calls ?? []).push(...(service.calls ?? [])),
    (service) => {
        (service.calls ?? []).forEach((call) => (call.optional = false));
    },
    (service) => {
        (service.exposures ?? []).forEach((exposure) => (exposure.host = "same"));
    },
    (service) => {
        (service.exposures ?? []).forEach((exposure) => (exposure.timeout = "1ms"));
    },
    (service, names) => (service.stores = [...names.slice(0, 2)]),
    (service) => (service.ports = {}),
    (service, _, number) => {
        Object.values(service.ports).forEach((port) => (port.number = 8079 + (number % 4)));
    },
    (service) => (service.tier = "background"),
    (service) => (service.tier = "critical"),
];

const mistakes = fc.array(
    fc.record({ service: fc.nat(), spoil: fc.constantFrom(...SPOILS), number: fc.nat() }),
    { minLength: 1, maxLength: 6 },
);

function spoilt(
    catalogue: Catalogue,
    made: readonly { service: number; spoil: Spoil; number: number }[],
): Catalogue {
    const services = structuredClone(catalogue.services) as Record<string, Draft<Service>>;
    const names = Object.keys(services).sort();
    for (const { service, spoil, number } of made) {
        const chosen = services[names[service % names.length] ?? ""];
        if (chosen !== undefined) spoil(chosen, names, number);
    }
    return { ...catalogue, services };
}
