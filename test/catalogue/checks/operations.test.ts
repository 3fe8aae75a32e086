import * as assert from "node:assert/strict";

import type { Request } from "../../../catalogue/model";
import { problemsAfter } from "../small";

const PORT_AS_A_WHOLE = "the mesh allows or denies such a port as a whole.";

describe("operations of a call", () => {
    it("are requests of an HTTP port and methods of a gRPC port", () => {
        const problems = problemsAfter(({ frontToMiddle, middleToBack }) => {
            delete frontToMiddle.methods;
            frontToMiddle.requests = ["GET /items"];
            middleToBack.methods = ["Get"];
        });
        assert.deepEqual(problems, [
            {
                rule: "wrong-protocol",
                where: "front.calls[0] → middle",
                message: "front lists requests of middle, but its port grpc is a gRPC port",
                remedy: "List methods instead of requests, or use another port.",
            },
            {
                rule: "wrong-protocol",
                where: "middle.calls[0] → back",
                message: "middle lists methods of back, but its port http is an HTTP port",
                remedy: "List requests instead of methods, or use another port.",
            },
        ]);
    });

    it("are absent for a TCP or WebSocket port", () => {
        const catalogueWith = (port: string) =>
            problemsAfter(({ middleToBack }) => {
                middleToBack.port = port;
            });
        assert.deepEqual(catalogueWith("mqtt"), [
            {
                rule: "wrong-protocol",
                where: "middle.calls[0] → back",
                message: "middle lists requests of back, but its port mqtt is a TCP port",
                remedy: `Remove the requests: ${PORT_AS_A_WHOLE}`,
            },
        ]);
        assert.deepEqual(catalogueWith("ws"), [
            {
                rule: "wrong-protocol",
                where: "middle.calls[0] → back",
                message: "middle lists requests of back, but its port ws is a WebSocket port",
                remedy: `Remove the requests: ${PORT_AS_A_WHOLE}`,
            },
        ]);
    });

    it("cannot be listed for a TCP or WebSocket port", () => {
        for (const port of ["mqtt", "ws"]) {
            const problems = problemsAfter(({ middleToBack }) => {
                middleToBack.port = port;
                delete middleToBack.requests;
            });
            assert.deepEqual(problems, []);
        }
    });

    it("are required for an HTTP or gRPC port", () => {
        const problems = problemsAfter(({ frontToMiddle, exposure }) => {
            delete frontToMiddle.methods;
            exposure.requests = [];
        });
        assert.deepEqual(problems, [
            {
                rule: "no-operations",
                where: "front.calls[0] → middle",
                message: "front lists no methods on the port grpc of middle, which would allow all of them",
                remedy: "List the methods that it needs. middle offers Get, Put and Watch.",
            },
            {
                rule: "no-operations",
                where: "front.exposures[0] → public api",
                message:
                    "the host api lists no requests on the port http of front, which would allow all of them",
                remedy: "List the requests that it needs. front offers GET /items and POST /items.",
            },
        ]);
    });

    it("must be offered by the port", () => {
        const problems = problemsAfter(({ frontToMiddle, middleToBack, exposure }) => {
            frontToMiddle.methods = ["Get", "Gett", "Transmogrify"];
            middleToBack.requests = ["GET /itmes", "DELETE /everything/there/is"];
            exposure.requests = ["PUT /items"];
        });
        assert.deepEqual(problems, [
            {
                rule: "not-offered",
                where: "front.calls[0] → middle",
                message: "front lists Gett, which the port grpc of middle does not offer",
                remedy: 'Did you mean "Get"?',
            },
            {
                rule: "not-offered",
                where: "front.calls[0] → middle",
                message: "front lists Transmogrify, which the port grpc of middle does not offer",
                remedy: "middle offers Get, Put and Watch.",
            },
            {
                rule: "not-offered",
                where: "middle.calls[0] → back",
                message: "middle lists GET /itmes, which the port http of back does not offer",
                remedy: 'Did you mean "GET /items"?',
            },
            {
                rule: "not-offered",
                where: "middle.calls[0] → back",
                message:
                    "middle lists DELETE /everything/there/is, which the port http of back does not offer",
                remedy: "back offers GET /items, GET /items/{*} and POST /items.",
            },
            {
                rule: "not-offered",
                where: "front.exposures[0] → public api",
                message: "the host api lists PUT /items, which the port http of front does not offer",
                remedy: 'Did you mean "GET /items"?',
            },
        ]);
    });

    const catalogueWith = (request: Request) =>
        problemsAfter(({ middleToBack }) => {
            middleToBack.requests = [request];
        });

    it("can be narrower than an offered pattern", () => {
        assert.deepEqual(catalogueWith("GET /items/7"), []);
        assert.deepEqual(catalogueWith("GET /items/{*}"), []);
    });

    it("cannot be wider than an offered pattern", () => {
        for (const request of ["GET /items/7/8", "GET /items/{**}", "POST /items/7"] as const) {
            assert.deepEqual(
                catalogueWith(request).map(({ rule }) => rule),
                ["not-offered"],
            );
        }
    });

    it("must be listed once", () => {
        const problems = problemsAfter(({ frontToMiddle }) => {
            frontToMiddle.methods = ["Get", "Put", "Get"];
        });
        assert.deepEqual(problems, [
            {
                rule: "repeated-operation",
                where: "front.calls[0] → middle",
                message: "front lists Get of middle twice",
                remedy: "Remove the duplicate.",
            },
        ]);
    });

    it("cannot require a token if the gateway cannot read one", () => {
        const exposing = (authentication: "jwt" | "device") =>
            problemsAfter(({ services }) => {
                services.back.exposures = [
                    {
                        ...{ gateway: "public", host: "mqtt", port: "mqtt", listen: 8883 },
                        ...{ authentication, timeout: "stream" },
                    },
                ];
                services.middle.calls = [];
            });
        assert.deepEqual(exposing("jwt"), [
            {
                rule: "wrong-protocol",
                where: "back.exposures[0] → public mqtt",
                message: "the host mqtt requires a JWT, but the port mqtt of back is a TCP port",
                remedy: 'Set authentication: "device", or expose an HTTP, gRPC or WebSocket port.',
            },
        ]);
        assert.deepEqual(exposing("device"), []);
    });
});
