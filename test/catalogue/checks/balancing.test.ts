import * as assert from "node:assert/strict";

import { checkBalancing } from "../../../catalogue/checks/balancing";
import type { LoadBalancing } from "../../../catalogue/model";
import { changed } from "../small";

const rules = (loadBalancing: LoadBalancing) =>
    checkBalancing(changed(({ services: { front } }) => Object.assign(front, { loadBalancing }))).map(
        ({ rule, where }) => `${where}: ${rule}`,
    );
const hash = (header: string, path?: `/${string}`): LoadBalancing => ({
    policy: "consistent-hash",
    header,
    ...(path === undefined ? {} : { path }),
});

describe("the load balancing of a service", () => {
    it("can hash a header, or one segment of a path", () => {
        assert.deepEqual(rules(hash("x-stream-id", "/hls/{*}/{key}/{**}")), []);
        assert.deepEqual(rules({ policy: "least-request" }), []);
    });

    it("must specify the key's position in a path", () => {
        for (const path of ["/hls/{*}", "/{key}/{key}", "/a{key}", "/{**}/{key}"] as const)
            assert.deepEqual(rules(hash("x-id", path)), ["front.loadBalancing.path: balancing-key"], path);
    });

    it("cannot hash what the mesh does not read", () => {
        const tcp = changed(({ services: { front } }) =>
            Object.assign(front, {
                ports: { mqtt: { protocol: "tcp", number: 1883, application: "mqtt" } },
                loadBalancing: hash("x-id"),
            }),
        );
        assert.deepEqual(
            checkBalancing(tcp).map(({ rule }) => rule),
            ["balancing-unreadable"],
        );
    });
});
