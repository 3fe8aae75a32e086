import assert from "node:assert/strict";
import { RequestPath } from "../../cli/lib/evaluate/request-path";
import type { Workload } from "../../cli/lib/evaluate/model";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
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
    const path = new RequestPath(new MeshSnapshot({ objects: [object], releases: [] }));
    const http = "http" in spec ? { http: { method: "GET", path: "/", host: HOST, headers: {} } } : {};
    const sent = path.route({ proxy, gateway: "mesh", host: HOST, port: 8080, ...http }, STRAIGHT);
    return { verdict: path.steps.at(-1)?.verdict, isSent: sent !== undefined };
}

describe("mesh explain's evaluation of a route", () => {
    const route = [{ destination: { host: HOST, port: { number: 8080 } } }];
    for (const protocol of ["http", "tcp"]) {
        it(`${protocol}: routes to a destination`, () => {
            assert.deepEqual(routed({ [protocol]: [{ route }] }), { verdict: "allowed", isSent: true });
        });

        it(`${protocol}: denies a route without a destination, rather than skipping all policies`, () => {
            assert.deepEqual(routed({ [protocol]: [{ route: [] }] }), { verdict: "denied", isSent: false });
            assert.deepEqual(routed({ [protocol]: [{}] }), { verdict: "denied", isSent: false });
        });
    }
});
