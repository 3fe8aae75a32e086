import * as assert from "node:assert/strict";

import type { Request } from "../../../catalogue/model";
import { problemsAfter } from "../small";

const PORT_AS_A_WHOLE = "such a port is open to a caller as a whole, or not at all.";

describe("what is asked", () => {
    it("is requests of an HTTP port and methods of a gRPC port", () => {
        const problems = problemsAfter(({ frontToMiddle, middleToBack }) => {
            delete frontToMiddle.methods;
            frontToMiddle.requests = ["GET /items"];
            middleToBack.methods = ["Get"];
        });
        assert.deepEqual(problems, [
            {
                rule: "wrong-protocol",
                where: "front.calls[0] → middle",
                message: "front asks middle for requests, but its port grpc is a gRPC port",
                remedy: "List methods instead of requests, or name another port.",
            },
            {
                rule: "wrong-protocol",
                where: "middle.calls[0] → back",
                message: "middle asks back for methods, but its port http is an HTTP port",
                remedy: "List requests instead of methods, or name another port.",
            },
        ]);
    });

    it("is neither of a TCP or a WebSocket port", () => {
        const asking = (port: string) =>
            problemsAfter(({ middleToBack }) => {
                middleToBack.port = port;
            });
        assert.deepEqual(asking("mqtt"), [
            {
                rule: "wrong-protocol",
                where: "middle.calls[0] → back",
                message: "middle asks back for requests, but its port mqtt is a TCP port",
                remedy: `Remove the requests: ${PORT_AS_A_WHOLE}`,
            },
        ]);
        assert.deepEqual(asking("ws"), [
            {
                rule: "wrong-protocol",
                where: "middle.calls[0] → back",
                message: "middle asks back for requests, but its port ws is a WebSocket port",
                remedy: `Remove the requests: ${PORT_AS_A_WHOLE}`,
            },
        ]);
    });

    it("is nothing of a TCP or a WebSocket port", () => {
        for (const port of ["mqtt", "ws"]) {
            const problems = problemsAfter(({ middleToBack }) => {
                middleToBack.port = port;
                delete middleToBack.requests;
            });
            assert.deepEqual(problems, []);
        }
    });

    it("is something of an HTTP or a gRPC port", () => {
        const problems = problemsAfter(({ frontToMiddle, exposure }) => {
            delete frontToMiddle.methods;
            exposure.requests = [];
        });
        assert.deepEqual(problems, [
            {
                rule: "asks-nothing",
                where: "front.calls[0] → middle",
                message: "front lists no methods on the port grpc of middle, which would open all of it",
                remedy: "List the methods that it needs. middle offers Get, Put and Watch.",
            },
            {
                rule: "asks-nothing",
                where: "front.exposures[0] → public api",
                message:
                    "the host api lists no requests on the port http of front, which would open all of it",
                remedy: "List the requests that it needs. front offers GET /items and POST /items.",
            },
        ]);
    });

    it("is offered", () => {
        const problems = problemsAfter(({ frontToMiddle, middleToBack, exposure }) => {
            frontToMiddle.methods = ["Get", "Gett", "Transmogrify"];
            middleToBack.requests = ["GET /itmes", "DELETE /everything/there/is"];
            exposure.requests = ["PUT /items"];
        });
        assert.deepEqual(problems, [
            {
                rule: "not-offered",
                where: "front.calls[0] → middle",
                message: "front asks for Gett, which middle does not offer on its port grpc",
                remedy: 'Did you mean "Get"?',
            },
            {
                rule: "not-offered",
                where: "front.calls[0] → middle",
                message: "front asks for Transmogrify, which middle does not offer on its port grpc",
                remedy: "middle offers Get, Put and Watch.",
            },
            {
                rule: "not-offered",
                where: "middle.calls[0] → back",
                message: "middle asks for GET /itmes, which back does not offer on its port http",
                remedy: 'Did you mean "GET /items"?',
            },
            {
                rule: "not-offered",
                where: "middle.calls[0] → back",
                message:
                    "middle asks for DELETE /everything/there/is, which back does not offer on its port http",
                remedy: "back offers GET /items, GET /items/{*} and POST /items.",
            },
            {
                rule: "not-offered",
                where: "front.exposures[0] → public api",
                message: "the host api asks for PUT /items, which front does not offer on its port http",
                remedy: 'Did you mean "GET /items"?',
            },
        ]);
    });

    const asking = (request: Request) =>
        problemsAfter(({ middleToBack }) => {
            middleToBack.requests = [request];
        });

    it("may be part of what an offered pattern stands for", () => {
        assert.deepEqual(asking("GET /items/7"), []);
        assert.deepEqual(asking("GET /items/{*}"), []);
    });

    it("is not more than an offered pattern stands for", () => {
        for (const request of ["GET /items/7/8", "GET /items/{**}", "POST /items/7"] as const) {
            assert.deepEqual(
                asking(request).map(({ rule }) => rule),
                ["not-offered"],
            );
        }
    });

    it("is listed once", () => {
        const problems = problemsAfter(({ frontToMiddle }) => {
            frontToMiddle.methods = ["Get", "Put", "Get"];
        });
        assert.deepEqual(problems, [
            {
                rule: "repeated-ask",
                where: "front.calls[0] → middle",
                message: "front asks middle for Get twice",
                remedy: "Ask for it once.",
            },
        ]);
    });

    it("is no token where the gateway cannot read one", () => {
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
                message: "the host mqtt asks for a JWT, but the port mqtt of back is a TCP port",
                remedy: "Have devices authenticate by certificate (device), or expose a port on which there are requests.",
            },
        ]);
        assert.deepEqual(exposing("device"), []);
    });
});
