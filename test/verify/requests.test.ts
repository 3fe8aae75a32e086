import assert from "node:assert/strict";
import type { Port } from "../../catalogue/model";
import {
    ambiguousPaths,
    requestsFor,
    covers,
    describeRequest,
    deniedRequests,
    inAnotherCase,
    offeredRequests,
} from "../../cli/verify/plan/requests";

type Requests = NonNullable<Parameters<typeof inAnotherCase>[1][number]["requests"]>;

const HTTP: Port = {
    protocol: "http",
    number: 8080,
    requests: ["GET /items", "GET /items/{*}", "POST /items", "GET /files/{**}"],
};
const GRPC: Port = { protocol: "grpc", number: 9090, service: "a.B", methods: ["Get", "List"] };
const WS: Port = { protocol: "ws", number: 8090, path: "/events" };
const TCP: Port = { protocol: "tcp", number: 1883, application: "mqtt" };

describe("requests of the catalogue", () => {
    it("become concrete requests", () => {
        assert.deepEqual(offeredRequests(HTTP).map(describeRequest), [
            "GET /items",
            "GET /items/mesh-verify",
            "POST /items",
            "GET /files/mesh-verify",
        ]);
        assert.deepEqual(offeredRequests(GRPC).map(describeRequest), ["/a.B/Get", "/a.B/List"]);
        assert.deepEqual(offeredRequests(WS), [{ protocol: "ws", path: "/events" }]);
        assert.deepEqual(offeredRequests(TCP), [{ protocol: "tcp" }]);
    });

    it("are sampled from a call's operations", () => {
        assert.deepEqual(requestsFor(HTTP, { requests: ["GET /items/{*}"] }).map(describeRequest), [
            "GET /items/mesh-verify",
            "HEAD /items/mesh-verify",
        ]);
        assert.deepEqual(requestsFor(HTTP, { requests: ["GET /files/{**}"] }).map(describeRequest), [
            "GET /files/mesh-verify",
            "GET /files/mesh-verify/mesh-verify/mesh-verify",
            "HEAD /files/mesh-verify",
        ]);
        assert.deepEqual(requestsFor(GRPC, { methods: ["List"] }).map(describeRequest), ["/a.B/List"]);
        assert.deepEqual(requestsFor(TCP, {}), [{ protocol: "tcp" }]);
    });

    it("match their pattern", () => {
        const get = (path: string) => ({ protocol: "http", method: "GET", path }) as const;
        assert.equal(covers("GET /items/{*}", get("/items/1")), true);
        assert.equal(covers("GET /items/{*}", get("/items/1/2")), false);
        assert.equal(covers("GET /items/{*}", get("/items/")), false);
        assert.equal(covers("POST /items/{*}", get("/items/1")), false);
        assert.equal(covers("GET /files/{**}", get("/files/1/2")), true);
        assert.equal(covers("GET /v1.0/x", get("/v1a0/x")), false);
    });
});

describe("path spellings that servers parse differently", () => {
    const spelt = (port: Port, ...more: [Parameters<typeof ambiguousPaths>[2]?]) =>
        ambiguousPaths(port, [{ requests: ["GET /items/{*}"] }], ...more).map(describeRequest);

    it("cover slashes, dots, parameters and double encoding", () => {
        assert.deepEqual(spelt(HTTP).sort(), [
            "GET /items/mesh-verify%252e%252e/mesh-verify",
            "GET /items/mesh-verify%2Fmesh-verify",
            "GET /items/mesh-verify%5Cmesh-verify",
            "GET /items/mesh-verify//mesh-verify",
            "GET /items/mesh-verify;x=1",
        ]);
        assert.deepEqual(ambiguousPaths(GRPC, [{ methods: ["Get"] }]), []);
    });

    it("exclude those that the port or one of its exposures opted in to", () => {
        const optedIn = spelt({ ...HTTP, paths: { encodedSlashes: true } });
        assert.ok(optedIn.length === 4 && !optedIn.some((text) => text.includes("%2F")));
        const exposed = spelt(HTTP, { parameters: true });
        assert.ok(exposed.length === 4 && !exposed.some((text) => text.includes(";x")));
    });
});

describe("requests that must be denied", () => {
    const text = (port: Port, ...granted: Parameters<typeof deniedRequests>[1]) =>
        deniedRequests(port, granted).map(describeRequest).sort();

    it("are for HTTP all other offered requests, each path with one more segment, and each with every other method", () => {
        assert.deepEqual(text(HTTP, { requests: ["GET /items"] }), [
            "DELETE /items",
            "GET /files/mesh-verify",
            "GET /items/",
            "GET /items/mesh-verify",
            "HEAD /items/",
            "HEAD /items/mesh-verify",
            "PATCH /items",
            "POST /items",
            "PUT /items",
        ]);
        assert.deepEqual(
            text(HTTP, { requests: ["GET /items/{*}"] }, { requests: ["GET /items", "POST /items"] }),
            [
                "GET /files/mesh-verify",
                "GET /items/",
                "GET /items/mesh-verify/",
                "HEAD /items/",
                "HEAD /items/mesh-verify/",
                "POST /items/",
                "GET /items/mesh-verify/mesh-verify",
                "HEAD /items/mesh-verify/mesh-verify",
                "POST /items/mesh-verify",
                ...["DELETE", "PUT", "PATCH"].flatMap((verb) => [
                    `${verb} /items/mesh-verify`,
                    `${verb} /items`,
                ]),
            ].sort(),
        );
    });

    it("are for HTTP also the allowed paths in another case, unless a pattern covers them", () => {
        const other = (requests: Requests) => inAnotherCase(HTTP, [{ requests }]).map(describeRequest);
        assert.deepEqual(other(["GET /items", "POST /items"]), ["GET /Items", "POST /Items", "HEAD /Items"]);
        assert.deepEqual(other(["GET /items/{*}"]), ["GET /Items/mesh-verify", "HEAD /Items/mesh-verify"]);
        assert.deepEqual(other(["GET /{**}"]), []);
        assert.deepEqual(inAnotherCase(GRPC, [{ methods: ["Get"] }]), []);
    });

    it("exclude what one of the grants covers", () => {
        const all: Port = { protocol: "http", number: 8080, requests: ["GET /{**}", "POST /admin"] };
        assert.deepEqual(
            text(all, { requests: ["GET /{**}"] }),
            [
                "POST /admin",
                ...["DELETE", "PATCH", "POST", "PUT"].flatMap((verb) => [
                    `${verb} /mesh-verify`,
                    `${verb} /mesh-verify/mesh-verify/mesh-verify`,
                ]),
            ].sort(),
        );
    });

    it("are for gRPC every other method, and an unknown one", () => {
        assert.deepEqual(text(GRPC, { methods: ["Get"] }), ["/a.B/List", "/a.B/MeshVerifyNotOffered"]);
        assert.deepEqual(text(GRPC, { methods: ["Get", "List"] }), ["/a.B/MeshVerifyNotOffered"]);
    });

    it("are for a WebSocket another path and another method, and none for TCP", () => {
        assert.deepEqual(text(WS, {}), ["POST /events", "WebSocket /events/mesh-verify"]);
        assert.deepEqual(text(TCP, {}), []);
    });
});
