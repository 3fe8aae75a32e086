import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Catalogue, Port } from "../../catalogue/model";
import { deriveAll } from "../../components/concerns";
import { testConfig } from "../support/config";
import { arbitraryCatalogue } from "../catalogue/arbitrary";
import { isAllowed, policiesOf, tlsMode } from "../support/istio";

const config = testConfig({
    domain: "mesh.example.com",
    workloads: { standIns: true, image: "stand-in:1" },
});

/** Every object and release as a line of text, sorted. */
function derived(catalogue: Catalogue): string[] {
    const { objects, releases } = deriveAll({ catalogue, config });
    return [...objects, ...releases].map((object) => JSON.stringify(object)).sort();
}

/** The requests of a port on the wire; undefined for a connection, which has no request. */
function offered(port: Port): ({ method: string; path: string } | undefined)[] {
    switch (port.protocol) {
        case "http":
            return port.requests.map((request) => {
                const [method = "", path = ""] = request.split(" ");
                return { method, path };
            });
        case "grpc":
            return port.methods.map((method) => ({ method: "POST", path: `/${port.service}/${method}` }));
        case "ws":
            return [{ method: "GET", path: port.path }];
        case "tcp":
            return [undefined];
    }
}

/** Whether the catalogue declares this request of `caller`, without the program's queries. */
function declared(
    catalogue: Catalogue,
    caller: string,
    callee: string,
    portName: string,
    http: { method: string; path: string } | undefined,
): boolean {
    return (catalogue.services[caller]?.calls ?? [])
        .filter(({ to, port }) => to === callee && port === portName)
        .some(({ requests = [], methods = [] }) => {
            const protocol = catalogue.services[callee]?.ports[portName]?.protocol;
            if (protocol === "tcp" || protocol === "ws") return true;
            if (protocol === "http")
                return requests.some((request) => request === `${http?.method} ${http?.path}`);
            return methods.some((method) => http?.path.endsWith(`/${method}`));
        });
}

describe("the call graph", () => {
    it("is exactly what the policies allow: without an edge, no ALLOW", () => {
        let allowed = 0;
        fc.assert(
            fc.property(arbitraryCatalogue(7), (catalogue) => {
                const policies = policiesOf(deriveAll({ catalogue, config }).objects);
                const names = Object.keys(catalogue.services);
                for (const [callee, { ports }] of Object.entries(catalogue.services)) {
                    for (const [portName, port] of Object.entries(ports)) {
                        for (const http of offered(port)) {
                            const request = {
                                namespace: "sparc",
                                labels: { "sparc.dev/service": callee },
                                port: port.number,
                                ...(http === undefined ? {} : { http }),
                            };
                            for (const caller of names) {
                                const principal = `cluster.local/ns/sparc/sa/${caller}`;
                                const expected = declared(catalogue, caller, callee, portName, http);
                                assert.equal(
                                    isAllowed(policies, { ...request, principal }),
                                    expected,
                                    `${caller} → ${callee}:${portName} ${JSON.stringify(http)}`,
                                );
                                allowed += expected ? 1 : 0;
                            }
                            for (const principal of [
                                undefined,
                                "cluster.local/ns/sparc/sa/unknown",
                                `cluster.local/ns/databases/sa/${names[0]}`,
                            ]) {
                                assert.equal(
                                    isAllowed(policies, { ...request, principal }),
                                    false,
                                    String(principal),
                                );
                            }
                        }
                    }
                }
            }),
            { numRuns: 60 },
        );
        assert.ok(allowed > 0, "no generated catalogue had a call");
    });

    it("is exactly what each Sidecar contains", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), (catalogue) => {
                const { objects } = deriveAll({ catalogue, config });
                for (const [name, { calls = [], stores = [], external = [] }] of Object.entries(
                    catalogue.services,
                )) {
                    const sidecar = objects.find(
                        ({ kind, metadata }) =>
                            kind === "Sidecar" && metadata.namespace === "sparc" && metadata.name === name,
                    );
                    assert.ok(sidecar?.kind === "Sidecar");
                    const hosts = new Set([
                        ...calls.map(({ to }) => `sparc/${to}.sparc.svc.cluster.local`),
                        ...stores.map((store) => `databases/${store}.databases.svc.cluster.local`),
                        ...external.flatMap((group) => [
                            "istio-egress/istio-egressgateway.istio-egress.svc.cluster.local",
                            ...(catalogue.external[group]?.hosts ?? []).map(
                                ({ host }) => `istio-egress/${host}`,
                            ),
                        ]),
                    ]);
                    const known = sidecar.spec.egress?.flatMap((listener) => listener.hosts) ?? [];
                    assert.deepEqual(known.sort(), hosts.size > 0 ? [...hosts].sort() : ["~/*"]);
                }
            }),
            { numRuns: 60 },
        );
    });

    it("does not depend on the order of declarations", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), fc.infiniteStream(fc.nat()), (catalogue, random) => {
                assert.deepEqual(derived(shuffled(catalogue, random) as Catalogue), derived(catalogue));
            }),
            { numRuns: 40 },
        );
    });

    it("changes only a name when a service is renamed", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), fc.nat(), (catalogue, pick) => {
                const names = Object.keys(catalogue.services);
                const [before = "", after] = [names[pick % names.length], "zz-renamed-service"];
                // Names sort differently, so compare contents, not positions.
                const renamed = derived(
                    JSON.parse(rename(JSON.stringify(catalogue), before, after)) as Catalogue,
                );
                const expected = derived(catalogue).map((object) => rename(object, before, after));
                assert.deepEqual(sortedLines(renamed), sortedLines(expected));
            }),
            { numRuns: 40 },
        );
    });

    it("requires mutual TLS on every port of every service, except health", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), (catalogue) => {
                const { objects } = deriveAll({ catalogue, config });
                for (const [name, { ports }] of Object.entries(catalogue.services)) {
                    const labels = { "sparc.dev/service": name };
                    for (const { number } of Object.values(ports)) {
                        assert.equal(
                            tlsMode(objects, { namespace: "sparc", labels, port: number }),
                            "STRICT",
                        );
                    }
                    assert.equal(tlsMode(objects, { namespace: "sparc", labels, port: 8081 }), "PERMISSIVE");
                }
                assert.equal(tlsMode(objects, { namespace: "sparc", labels: {}, port: 8080 }), "STRICT");
                assert.equal(
                    tlsMode(objects, { namespace: "databases", labels: {}, port: 5432 }),
                    "PERMISSIVE",
                );
            }),
            { numRuns: 30 },
        );
    });
});

/** The same catalogue with the keys of every record and the items of every list in another order. */
function shuffled(value: unknown, random: Iterator<number>): unknown {
    const draw = () => random.next().value as number;
    const shuffle = <Item>(items: readonly Item[]): Item[] =>
        items
            .map((item) => ({ item, at: draw() }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
    if (Array.isArray(value)) return shuffle(value.map((item) => shuffled(item, random)));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
        shuffle(Object.entries(value)).map(([key, entry]) => [key, shuffled(entry, random)]),
    );
}

function rename(text: string, before: string, after: string): string {
    return text.replaceAll(new RegExp(`(?<![a-z0-9])${before}(?![a-z0-9])`, "g"), after);
}

/** Each object with sorted fields and items. */
function sortedLines(objects: readonly string[]): string[] {
    return objects
        .map((object) => {
            const lines = JSON.stringify(JSON.parse(object), undefined, 1).replaceAll(/,$/gm, "");
            return lines.split("\n").sort().join("\n");
        })
        .sort();
}
