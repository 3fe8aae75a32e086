import * as assert from "node:assert/strict";

import { minReplicas, operations } from "../../catalogue/query";
import { plain } from "./small";

describe("operations", () => {
    it("of HTTP are grouped by verb, both sorted", () => {
        const port = { protocol: "http", number: 8080, requests: ["GET /b"] } as const;
        assert.deepEqual(operations(port, { requests: ["POST /a", "GET /b", "GET /a/{*}"] }), [
            { methods: ["GET", "HEAD"], paths: ["/a/{*}", "/b"] },
            { methods: ["POST"], paths: ["/a"] },
        ]);
    });

    it("of gRPC are POSTs to the methods' full names", () => {
        const port = {
            protocol: "grpc",
            number: 9090,
            service: "example.v1.Items",
            methods: ["Get", "List", "Put"],
        } as const;
        assert.deepEqual(operations(port, { methods: ["List", "Get"] }), [
            { methods: ["POST"], paths: ["/example.v1.Items/Get", "/example.v1.Items/List"] },
        ]);
    });

    it("of a WebSocket are the GET that asks for the upgrade", () => {
        assert.deepEqual(operations({ protocol: "ws", number: 8090, path: "/events" }, {}), [
            { methods: ["GET"], paths: ["/events"] },
        ]);
    });

    it("of an HTTP or a gRPC port are not to be had for nothing, which would open it", () => {
        const http = { protocol: "http", number: 8080, requests: ["GET /b"] } as const;
        const grpc = {
            protocol: "grpc",
            number: 9090,
            service: "example.v1.Items",
            methods: ["Get"],
        } as const;
        for (const asked of [{}, { requests: [], methods: [] }]) {
            assert.throws(() => operations(http, asked), {
                message: "Nothing is asked of the http port 8080: load it by catalogue/load.ts",
            });
            assert.throws(() => operations(grpc, asked), {
                message: "Nothing is asked of the grpc port 9090: load it by catalogue/load.ts",
            });
        }
    });

    it("of TCP there are none", () => {
        assert.deepEqual(operations({ protocol: "tcp", number: 1883, application: "mqtt" }, {}), []);
    });
});

describe("the fewest replicas", () => {
    it("are three of a critical service and two of another, unless it says otherwise", () => {
        assert.equal(minReplicas({ ...plain(), tier: "critical" }), 3);
        assert.equal(minReplicas({ ...plain(), tier: "standard" }), 2);
        assert.equal(minReplicas({ ...plain(), tier: "background" }), 2);
        assert.equal(minReplicas({ ...plain(), tier: "critical", minReplicas: 5 }), 5);
    });
});
