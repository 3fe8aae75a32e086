import * as assert from "node:assert/strict";

import { minReplicas, wireOperations } from "../../catalogue/query";
import { plain } from "./small";

describe("operations", () => {
    it("of HTTP are grouped by method, both sorted", () => {
        const port = { protocol: "http", number: 8080, requests: ["GET /b"] } as const;
        assert.deepEqual(wireOperations(port, { requests: ["POST /a", "GET /b", "GET /a/{*}"] }), [
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
        assert.deepEqual(wireOperations(port, { methods: ["List", "Get"] }), [
            { methods: ["POST"], paths: ["/example.v1.Items/Get", "/example.v1.Items/List"] },
        ]);
    });

    it("of a WebSocket are the GET of the upgrade", () => {
        assert.deepEqual(wireOperations({ protocol: "ws", number: 8090, path: "/events" }, {}), [
            { methods: ["GET"], paths: ["/events"] },
        ]);
    });

    it("of an HTTP or gRPC port throw for an empty list, which would allow everything", () => {
        const http = { protocol: "http", number: 8080, requests: ["GET /b"] } as const;
        const grpc = {
            protocol: "grpc",
            number: 9090,
            service: "example.v1.Items",
            methods: ["Get"],
        } as const;
        for (const empty of [{}, { requests: [], methods: [] }]) {
            assert.throws(() => wireOperations(http, empty), {
                message:
                    "No operations for the http port 8080: load the catalogue by catalogue/load.ts, which checks it",
            });
            assert.throws(() => wireOperations(grpc, empty), {
                message:
                    "No operations for the grpc port 9090: load the catalogue by catalogue/load.ts, which checks it",
            });
        }
    });

    it("of TCP are empty", () => {
        assert.deepEqual(wireOperations({ protocol: "tcp", number: 1883, application: "mqtt" }, {}), []);
    });
});

describe("the minimum number of replicas", () => {
    it("is three for a critical service and two for others, unless configured", () => {
        assert.equal(minReplicas({ ...plain(), tier: "critical" }), 3);
        assert.equal(minReplicas({ ...plain(), tier: "standard" }), 2);
        assert.equal(minReplicas({ ...plain(), tier: "background" }), 2);
        assert.equal(minReplicas({ ...plain(), tier: "critical", minReplicas: 5 }), 5);
    });
});
