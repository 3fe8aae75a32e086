import assert from "node:assert/strict";
import { Journey } from "../../cli/explain/evaluate/journey";
import type { Workload } from "../../cli/explain/evaluate/model";
import { World } from "../../cli/explain/world/world";
import type { Manifest } from "../../components/base/manifest";

const HOST = "back.sparc.svc.cluster.local";
const STRAIGHT = { host: HOST, port: 8080 };
const proxy: Workload = { name: "front", namespace: "sparc", labels: {}, account: "front", meshed: true };

function routed(spec: object): { readonly verdict: string | undefined; readonly isSent: boolean } {
    const object: Manifest = {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: "back", namespace: "sparc" },
        spec: { hosts: [HOST], ...spec },
    };
    const journey = new Journey(new World({ objects: [object], releases: [] }));
    const http = "http" in spec ? { http: { method: "GET", path: "/", host: HOST, headers: {} } } : {};
    const sent = journey.route({ proxy, gateway: "mesh", host: HOST, port: 8080, ...http }, STRAIGHT);
    return { verdict: journey.steps.at(-1)?.verdict, isSent: sent !== undefined };
}

describe("mesh explain's reading of a route", () => {
    const route = [{ destination: { host: HOST, port: { number: 8080 } } }];
    for (const protocol of ["http", "tcp"]) {
        it(`${protocol}: one with a destination leads there`, () => {
            assert.deepEqual(routed({ [protocol]: [{ route }] }), { verdict: "passes", isSent: true });
        });

        it(`${protocol}: one without a destination leads nowhere, and not past every policy`, () => {
            assert.deepEqual(routed({ [protocol]: [{ route: [] }] }), { verdict: "denies", isSent: false });
            assert.deepEqual(routed({ [protocol]: [{}] }), { verdict: "denies", isSent: false });
        });
    }
});
