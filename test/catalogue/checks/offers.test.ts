import * as assert from "node:assert/strict";

import type { Problem } from "../../../catalogue/check";
import type { Request } from "../../../catalogue/model";
import { problemsAfter } from "../small";

describe("a port's offered operations", () => {
    const malformed = (port: string, message: string, remedy: string): Problem => ({
        rule: "malformed-offer",
        where: port,
        message,
        remedy,
    });

    const offering = (request: string) =>
        problemsAfter(({ http }) => {
            http.requests.push(request as Request);
        });

    for (const path of ["/a/*", "/{**}/a", "/a//b", "/a?b", "/{id}", "/a{*}"]) {
        it(`reject a request for ${path}`, () => {
            assert.deepEqual(offering(`GET ${path}`), [
                malformed(
                    "back.ports.http",
                    `the port http of back offers "GET ${path}", which has an invalid path`,
                    "Write a path with a leading slash, {*} for one segment and {**} for the rest, at the end only. Use canonical spelling: no dot segments, no `;`, no encoded slashes, and no unnecessary percent-encoding.",
                ),
            ]);
        });
    }

    for (const path of ["/", "/a/", "/{*}/b", "/a/{**}", "/.well-known/jwks.json", "/a%20b"]) {
        it(`accept a request for ${path}`, () => {
            assert.deepEqual(offering(`GET ${path}`), []);
        });
    }

    it("include its streaming methods", () => {
        const problems = problemsAfter(({ grpc }) => {
            grpc.streaming = ["Watsch"];
        });
        assert.deepEqual(problems, [
            malformed(
                "middle.ports.grpc",
                "the port grpc of middle offers the streaming method Watsch, which is not in its methods",
                'Did you mean "Watch"?',
            ),
        ]);
    });

    it("have one spelling for each gRPC method, without the name of the port's own service", () => {
        const whole = "example.v1.Middle/Get";
        const offered = (methods: string[], more: { exposed?: string[]; called?: string[] } = {}) =>
            problemsAfter(({ grpc, frontToMiddle }) => {
                grpc.methods.push(...methods);
                frontToMiddle.methods = more.called ?? frontToMiddle.methods ?? [];
            });
        assert.deepEqual(offered([whole]), [
            malformed(
                "middle.ports.grpc",
                `the port grpc of middle offers the method ${whole} with the name of the port's own service`,
                "Write only Get, here and wherever it is listed.",
            ),
        ]);
        // A call, an exposure or a scope cannot list what the port does not offer.
        assert.deepEqual(
            offered([], { called: [whole] }).map(({ rule }) => rule),
            ["not-offered"],
        );
        assert.deepEqual(offered(["example.v1.MiddleHealth/Get", "grpc.health.v1.Health/Check"]), []);
    });

    it("are for a WebSocket one literal path", () => {
        const upgrading = (path: `/${string}`) =>
            problemsAfter(({ ws }) => {
                ws.path = path;
            });
        assert.deepEqual(upgrading("/{*}"), [
            malformed(
                "back.ports.ws",
                'the port ws of back offers its upgrade at the invalid path "/{*}"',
                "Write a literal path, without {*}.",
            ),
        ]);
        assert.deepEqual(upgrading("/v1/events"), []);
    });

    it("must be listed once", () => {
        const problems = problemsAfter(({ http, grpc }) => {
            http.requests.push("POST /items");
            grpc.methods.push("Get");
        });
        assert.deepEqual(problems, [
            {
                rule: "repeated-offer",
                where: "back.ports.http",
                message: "the port http of back offers POST /items twice",
                remedy: "Remove the duplicate.",
            },
            {
                rule: "repeated-offer",
                where: "middle.ports.grpc",
                message: "the port grpc of middle offers Get twice",
                remedy: "Remove the duplicate.",
            },
        ]);
    });
});
