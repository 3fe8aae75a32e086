import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Call, Catalogue, HttpPort } from "../../../catalogue/model";
import { platform } from "../../../catalogue/platform";
import { type Edge, edges, wireOperations } from "../../../catalogue/query";
import { SERVICE_LABEL } from "../../../components/base/labels";
import type { HttpRoute } from "../../../components/shared/routing/routes";
import { virtualServices } from "../../../components/routing/virtual-service";
import { testConfig } from "../../support/config";
import { ambiguousCatalogue, arbitraryCatalogue } from "../../catalogue/arbitrary";
import { changed, type Draft, plain } from "../../catalogue/small";
import { routeFor } from "../../support/routes";

const config = testConfig({ domain: "mesh.example.com" });

/** The route of each request of each call. */
function routed(catalogue: Catalogue): { edge: Edge; route: HttpRoute; what: string }[] {
    const byName = new Map(
        virtualServices({ catalogue, config }).map((object) => [object.metadata.name, object]),
    );
    return edges(catalogue).flatMap((edge) =>
        wireOperations(edge.port, edge.call).flatMap(({ methods, paths }) =>
            methods.flatMap((method) =>
                paths.map((template) => {
                    const path = template.replace("{**}", "a/b").replaceAll("{*}", "x");
                    const what = `${edge.caller} → ${edge.callee} ${method} ${path}`;
                    const object = byName.get(edge.callee);
                    assert.ok(object, what);
                    const route = routeFor(object, {
                        labels: { [SERVICE_LABEL]: edge.caller },
                        port: edge.port.number,
                        method,
                        path,
                    });
                    assert.ok(route, what);
                    return { edge, route, what };
                }),
            ),
        ),
    );
}

const catalogues = fc.oneof(fc.constant(platform), arbitraryCatalogue(8), ambiguousCatalogue(8));

describe("the route of a call", () => {
    it("has the call's timeout", () => {
        fc.assert(
            fc.property(catalogues, (catalogue) => {
                for (const { edge, route, what } of routed(catalogue))
                    assert.equal(route.timeout ?? "stream", edge.call.timeout, what);
            }),
            { numRuns: 100 },
        );
    });

    it("retries only idempotent calls, all attempts within one timeout", () => {
        let retried = 0;
        fc.assert(
            fc.property(catalogues, (catalogue) => {
                for (const { edge, route, what } of routed(catalogue)) {
                    const { attempts = NaN, perTryTimeout } = route.retries ?? {};
                    if (!edge.call.idempotent) assert.equal(attempts, 0, what);
                    if (attempts === 0) continue;
                    retried += 1;
                    // With a per-try timeout, a slow callee would get a retry, and too little time for its callees.
                    assert.equal(perTryTimeout, undefined, what);
                }
            }),
            { numRuns: 100 },
        );
        assert.ok(retried > 0);
    });

    it("routes to the called port", () => {
        for (const { edge, route, what } of routed(platform)) {
            const [to, ...more] = route.route ?? [];
            assert.equal(more.length, 0, what);
            assert.deepEqual(
                to?.destination,
                {
                    host: `${edge.callee}.sparc.svc.cluster.local`,
                    port: { number: edge.port.number },
                },
                what,
            );
        }
    });

    it("exists for undeclared calls, without retries, so that the callee's policies deny them", () => {
        for (const object of virtualServices({ catalogue: platform, config })) {
            const ports = platform.services[object.metadata.name]?.ports ?? {};
            const called = edges(platform).filter(({ callee }) => callee === object.metadata.name);
            for (const { number } of called.map(({ portName }) => ports[portName]!)) {
                const route = routeFor(object, {
                    labels: { [SERVICE_LABEL]: "unknown" },
                    port: number,
                    method: "PATCH",
                    path: "/nothing",
                });
                assert.match(route?.name ?? "", /^undeclared-/);
                assert.deepEqual(route?.retries, { attempts: 0 });
            }
        }
    });

    it("has a unique name within its service, which access logs show, with versions and rewrites too", () => {
        const settings = {
            versions: { v1: 90, v2: 10, "rewrite-1": 0 },
            variants: [
                { to: "v2", for: { cookie: { name: "variant", value: "b" } } },
                { to: "rewrite-1", for: { header: { name: "x-tester", value: "yes" } } },
                { to: "v2", for: { path: "/items" } },
            ],
            rewrites: [{ from: "/items", to: "/v2/items" }],
        };
        fc.assert(
            fc.property(catalogues, fc.boolean(), (catalogue, split) => {
                const services = Object.fromEntries(
                    Object.keys(catalogue.services).map((service) => [service, settings]),
                );
                const withTraffic = split ? { ...config, traffic: { services } } : config;
                for (const { metadata, spec } of virtualServices({
                    catalogue,
                    config: withTraffic,
                })) {
                    const names = (spec.http ?? []).map(({ name }) => name);
                    assert.equal(new Set(names).size, names.length, metadata.name);
                }
            }),
            { numRuns: 100 },
        );
    });

    it("is another one for `auth` calling `admin-grpc` and for `auth-admin` calling `grpc`", () => {
        const port = (number: number): Draft<HttpPort> => ({
            protocol: "http",
            number,
            requests: ["GET /items"],
        });
        const call = { requests: ["GET /items"], timeout: "2s", idempotent: false } satisfies Partial<
            Draft<Call>
        >;
        const catalogue = changed(({ services }) => {
            services["callee"] = { ...plain(), ports: { grpc: port(8080), "admin-grpc": port(8082) } };
            services["auth"] = { ...plain(), calls: [{ ...call, to: "callee", port: "admin-grpc" }] };
            services["auth-admin"] = { ...plain(), calls: [{ ...call, to: "callee", port: "grpc" }] };
        });
        for (const { edge, route, what } of routed(catalogue)) {
            if (edge.callee !== "callee") continue;
            assert.equal(route.route?.[0]?.destination.port?.number, edge.port.number, what);
            assert.doesNotMatch(route.name ?? "", /^undeclared/, what);
        }
    });
});
