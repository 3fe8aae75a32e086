import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Catalogue } from "../../../catalogue/model";
import { platform } from "../../../catalogue/platform";
import { type Edge, edges, wireOperations } from "../../../catalogue/query";
import { SERVICE_LABEL } from "../../../components/base/labels";
import type { HttpRoute } from "../../../components/shared/routing/routes";
import { virtualServices } from "../../../components/traffic/virtual-service";
import { testConfig } from "../../support/config";
import { arbitraryCatalogue } from "../../catalogue/arbitrary";
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

const catalogues = fc.oneof(fc.constant(platform), arbitraryCatalogue(8));

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

    it("has a unique name within its service, which access logs show", () => {
        for (const { metadata, spec } of virtualServices({ catalogue: platform, config })) {
            const names = (spec.http ?? []).map(({ name }) => name);
            assert.equal(new Set(names).size, names.length, metadata.name);
        }
    });
});
