import * as assert from "node:assert/strict";

import type { Request } from "../../../catalogue/model";
import { problemsAfter } from "../small";

describe("two calls to one port", () => {
    const alsoAsking = (requests: Request[]) =>
        problemsAfter(({ services, middleToBack }) => {
            services.middle.calls = [middleToBack, { ...middleToBack, requests, idempotent: false }];
        });

    it("have no method in common", () => {
        const problems = problemsAfter(({ services, frontToMiddle }) => {
            services.front.calls = [
                { ...frontToMiddle, methods: ["Get", "Put"] },
                { ...frontToMiddle, methods: ["Put", "Get"], idempotent: false },
            ];
        });
        assert.deepEqual(problems, [
            {
                rule: "duplicate-call",
                where: "front.calls[1] → middle",
                message: "front.calls[0] and front.calls[1] both ask the port grpc of middle for Put and Get",
                remedy: "Merge the two, or divide between them what they ask for.",
            },
        ]);
    });

    it("have no request in common", () => {
        assert.deepEqual(alsoAsking(["POST /items", "GET /items/latest"]), [
            {
                rule: "duplicate-call",
                where: "middle.calls[1] → back",
                message:
                    "middle.calls[0] and middle.calls[1] both ask the port http of back for GET /items/latest",
                remedy: "Merge the two, or divide between them what they ask for.",
            },
        ]);
    });

    it("have no request in common, whatever else they ask for", () => {
        const problems = problemsAfter(({ services, middleToBack }) => {
            services.middle.calls = [
                { ...middleToBack, requests: ["POST /items", "GET /items/{*}"] },
                { ...middleToBack, requests: ["GET /items", "GET /items/latest"], idempotent: false },
            ];
        });
        assert.deepEqual(
            problems.map(({ rule, message }) => [rule, message]),
            [
                [
                    "duplicate-call",
                    "middle.calls[0] and middle.calls[1] both ask the port http of back for GET /items/latest",
                ],
            ],
        );
    });

    it("are not found twice at fault where they ask for nothing, or lead nowhere", () => {
        const problems = problemsAfter(({ services, frontToMiddle, middleToBack }) => {
            const { timeout, idempotent } = middleToBack;
            const [http, grpc] = [
                { to: "back", port: "http", timeout, idempotent },
                { to: "middle", port: "grpc", timeout: "5s" as const, idempotent },
            ];
            services.middle.calls = [http, http];
            services.front.calls = [
                grpc,
                grpc,
                { ...frontToMiddle, port: "gone" },
                { ...frontToMiddle, port: "gone" },
            ];
        });
        assert.deepEqual(
            problems.map(({ rule, where }) => `${rule}: ${where}`),
            [
                "unknown-port: front.calls[2] → middle",
                "unknown-port: front.calls[3] → middle",
                "asks-nothing: front.calls[0] → middle",
                "asks-nothing: front.calls[1] → middle",
                "asks-nothing: middle.calls[0] → back",
                "asks-nothing: middle.calls[1] → back",
            ],
        );
    });

    it("may divide what the port offers", () => {
        assert.deepEqual(alsoAsking(["POST /items", "GET /items"]), []);
    });

    it("are one too many where the mesh sees connections only", () => {
        const problems = problemsAfter(({ services, middleToBack: { timeout, idempotent } }) => {
            const call = { to: "back", timeout, idempotent };
            services.middle.calls = [
                { ...call, port: "mqtt" },
                { ...call, port: "ws" },
                { ...call, port: "mqtt", idempotent: false },
            ];
        });
        assert.deepEqual(problems, [
            {
                rule: "duplicate-call",
                where: "middle.calls[2] → back",
                message: "middle.calls[0] and middle.calls[2] both ask the port mqtt of back",
                remedy: "Merge the two, or divide between them what they ask for.",
            },
        ]);
    });
});
