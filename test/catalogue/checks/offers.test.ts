import * as assert from "node:assert/strict";

import type { Problem } from "../../../catalogue/check";
import type { Request } from "../../../catalogue/model";
import { problemsAfter } from "../small";

describe("what a port offers", () => {
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
        it(`is no request for ${path}`, () => {
            assert.deepEqual(offering(`GET ${path}`), [
                malformed(
                    "back.ports.http",
                    `the port http of back offers "GET ${path}", whose path is none`,
                    "Write the path from its slash on; {*} for one segment, {**} for all the rest, at the end only. Text is as the proxies compare it: no dot segment, no `;`, no encoded slash, and nothing encoded that needs no encoding.",
                ),
            ]);
        });
    }

    for (const path of ["/", "/a/", "/{*}/b", "/a/{**}", "/.well-known/jwks.json", "/a%20b"]) {
        it(`may be a request for ${path}`, () => {
            assert.deepEqual(offering(`GET ${path}`), []);
        });
    }

    it("has streams among its methods", () => {
        const problems = problemsAfter(({ grpc }) => {
            grpc.streaming = ["Watsch"];
        });
        assert.deepEqual(problems, [
            malformed(
                "middle.ports.grpc",
                "the port grpc of middle offers a stream Watsch, which is none of its methods",
                'Did you mean "Watch"?',
            ),
        ]);
    });

    it("is a WebSocket at a literal path", () => {
        const upgrading = (path: `/${string}`) =>
            problemsAfter(({ ws }) => {
                ws.path = path;
            });
        assert.deepEqual(upgrading("/{*}"), [
            malformed(
                "back.ports.ws",
                'the port ws of back offers its upgrade at "/{*}", which is no path',
                "Write a path without {*}.",
            ),
        ]);
        assert.deepEqual(upgrading("/v1/events"), []);
    });

    it("is listed once", () => {
        const problems = problemsAfter(({ http, grpc }) => {
            http.requests.push("POST /items");
            grpc.methods.push("Get");
        });
        assert.deepEqual(problems, [
            {
                rule: "repeated-offer",
                where: "back.ports.http",
                message: "the port http of back offers POST /items twice",
                remedy: "Offer it once.",
            },
            {
                rule: "repeated-offer",
                where: "middle.ports.grpc",
                message: "the port grpc of middle offers Get twice",
                remedy: "Offer it once.",
            },
        ]);
    });
});
