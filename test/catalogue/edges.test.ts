import * as assert from "node:assert/strict";

import * as fc from "fast-check";

import type { Catalogue } from "../../catalogue/model";
import {
    callersOf,
    callsOf,
    edges,
    exposures,
    exposuresOf,
    externalEdges,
    indexOf,
    servicesOf,
    storeEdges,
} from "../../catalogue/query";
import { arbitraryCatalogue } from "./arbitrary";
import { mapNames, reordered } from "./rewrite";
import { changed, plain } from "./small";

describe("the edges of a catalogue", () => {
    it("resolve each call to the called port", () => {
        const catalogue = changed(() => undefined);
        const [first, second, ...rest] = edges(catalogue);
        assert.deepEqual(first, {
            caller: "front",
            callee: "middle",
            call: { to: "middle", port: "grpc", methods: ["Get"], timeout: "5s", idempotent: true },
            index: 0,
            portName: "grpc",
            port: catalogue.services["middle"]?.ports["grpc"],
        });
        assert.deepEqual([second?.caller, second?.callee, second?.portName], ["middle", "back", "http"]);
        assert.deepEqual(rest, []);
    });

    it("are sorted by caller, callee, port and operations", () => {
        const catalogue = changed(({ services, frontToMiddle, middleToBack }) => {
            services.front.calls = [
                { ...middleToBack, port: "ws" },
                { ...frontToMiddle, methods: ["Put"] },
                { ...frontToMiddle, methods: ["Watch", "Get"] },
                middleToBack,
            ];
        });
        assert.deepEqual(
            edges(catalogue).map((edge) => [edge.caller, edge.index]),
            [
                ["front", 3],
                ["front", 0],
                ["front", 2],
                ["front", 1],
                ["middle", 0],
            ],
        );
    });

    it("are found from either end", () => {
        const catalogue = changed(({ services, frontToMiddle }) => {
            services["other"] = { ...plain(), calls: [frontToMiddle] };
        });
        assert.deepEqual(
            callersOf(catalogue, "middle").map(({ caller }) => caller),
            ["front", "other"],
        );
        assert.deepEqual(
            callsOf(catalogue, "middle").map(({ callee }) => callee),
            ["back"],
        );
        assert.deepEqual(callersOf(catalogue, "front"), []);
        assert.deepEqual(callsOf(catalogue, "back"), []);
    });

    it("to stores are one for each port", () => {
        const catalogue = changed(({ stores }) => {
            stores.db.ports["admin"] = { protocol: "tcp", number: 5433, application: "sql" };
        });
        assert.deepEqual(storeEdges(catalogue), [
            {
                caller: "front",
                store: "db",
                portName: "admin",
                port: { protocol: "tcp", number: 5433, application: "sql" },
            },
            {
                caller: "front",
                store: "db",
                portName: "db",
                port: { protocol: "tcp", number: 5432, application: "sql" },
            },
        ]);
        assert.deepEqual(indexOf(catalogue).stores.to.get("db"), storeEdges(catalogue));
        assert.deepEqual(indexOf(catalogue).stores.from.get("front"), storeEdges(catalogue));
    });

    it("to external groups contain the group", () => {
        const catalogue = changed(() => undefined);
        assert.deepEqual(externalEdges(catalogue), [
            { caller: "front", groupName: "mail", group: catalogue.external["mail"] },
        ]);
        assert.deepEqual(indexOf(catalogue).external.to.get("mail"), externalEdges(catalogue));
        assert.deepEqual(indexOf(catalogue).external.from.get("front"), externalEdges(catalogue));
    });

    it("from gateways contain the exposure and its port", () => {
        const catalogue = changed(() => undefined);
        assert.deepEqual(exposures(catalogue), [
            {
                service: "front",
                exposure: catalogue.services["front"]?.exposures?.[0],
                portName: "http",
                port: catalogue.services["front"]?.ports["http"],
            },
        ]);
        assert.deepEqual(exposuresOf(catalogue, "front"), exposures(catalogue));
        assert.deepEqual(exposuresOf(catalogue, "back"), []);
        assert.deepEqual(indexOf(catalogue).exposures.from.get("public"), exposures(catalogue));
    });

    it("throw for a catalogue with unknown names", () => {
        const nowhere: [change: Parameters<typeof changed>[0], message: string][] = [
            [
                ({ frontToMiddle }) => (frontToMiddle.to = "gone"),
                "front refers to the undefined service gone",
            ],
            [
                ({ frontToMiddle }) => (frontToMiddle.port = "gone"),
                "front refers to the undefined port gone of middle",
            ],
            [
                ({ services }) => (services.front.stores = ["gone"]),
                "front refers to the undefined store gone",
            ],
            [
                ({ services }) => (services.front.external = ["gone"]),
                "front refers to the undefined external group gone",
            ],
            [({ exposure }) => (exposure.port = "gone"), "front refers to the undefined port gone of front"],
        ];
        for (const [change, message] of nowhere) {
            assert.throws(() => edges(changed(change)), {
                message: `${message}: load the catalogue by catalogue/load.ts, which checks it`,
            });
        }
    });

    it("are resolved once for each catalogue", () => {
        const catalogue = changed(() => undefined);
        assert.equal(indexOf(catalogue), indexOf(catalogue));
        assert.notEqual(indexOf(catalogue), indexOf({ ...catalogue }));
    });

    it("are one per call, between its caller and callee", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), (catalogue) => {
                const all = edges(catalogue);
                const calls = servicesOf(catalogue).flatMap(([name, { calls: serviceCalls = [] }]) =>
                    serviceCalls.map((call, index) => ({ name, call, index })),
                );
                assert.equal(all.length, calls.length);
                for (const { name, call, index } of calls) {
                    const edge = all.find((one) => one.caller === name && one.index === index);
                    assert.equal(edge?.call, call);
                    assert.equal(edge.callee, call.to);
                    assert.equal(edge.port, catalogue.services[call.to]?.ports[call.port]);
                    assert.ok(callsOf(catalogue, name).includes(edge));
                    assert.ok(callersOf(catalogue, call.to).includes(edge));
                }
            }),
        );
    });

    it("do not depend on the order of declarations", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), fc.integer(), (catalogue, seed) => {
                const other = reordered(catalogue, seed, "calls too");
                assert.deepEqual(everything(other), everything(catalogue));
            }),
        );
    });

    it("change only in the name when a service is renamed", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), fc.nat(), (catalogue, choice) => {
                const names = Object.keys(catalogue.services);
                const old = names[choice % names.length] ?? "";
                const rename = (name: string) => (name === old ? "renamed-service" : name);
                const renamed = mapNames(catalogue, rename);
                assert.deepEqual(
                    edges(renamed).map(edgeText).sort(),
                    edges(catalogue)
                        .map((edge) => ({
                            ...edge,
                            caller: rename(edge.caller),
                            callee: rename(edge.callee),
                        }))
                        .map(edgeText)
                        .sort(),
                );
            }),
        );
    });
});

/** An edge without `call.to`, which repeats the callee, and the index, which repeats the order of declarations. */
function edgeText(edge: ReturnType<typeof edges>[number]): string {
    return JSON.stringify({ ...edge, call: { ...edge.call, to: edge.callee } });
}

/** All query results, without the positions of calls, which depend on the order of declarations. */
function everything(catalogue: Catalogue) {
    return {
        services: servicesOf(catalogue).map(([name]) => name),
        calls: edges(catalogue).map((edge) => ({ ...edge, index: 0 })),
        stores: storeEdges(catalogue),
        external: externalEdges(catalogue),
        exposures: exposures(catalogue),
        byCallee: servicesOf(catalogue).map(([name]) =>
            callersOf(catalogue, name).map((edge) => ({ ...edge, index: 0 })),
        ),
    };
}
