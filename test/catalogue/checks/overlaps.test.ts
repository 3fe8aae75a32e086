import * as assert from "node:assert/strict";

import type { Request } from "../../../catalogue/model";
import { problemsAfter } from "../small";

describe("two calls to one port", () => {
    const withRequests = (requests: Request[]) =>
        problemsAfter(({ services, middleToBack }) => {
            services.middle.calls = [middleToBack, { ...middleToBack, requests, idempotent: false }];
        });

    it("cannot share a method", () => {
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
                message:
                    "front.calls[0] and front.calls[1] both call the port grpc of middle for Put and Get",
                remedy: "Merge the two calls, or list each operation in one of them only.",
            },
        ]);
    });

    it("cannot share a request", () => {
        assert.deepEqual(withRequests(["POST /items", "GET /items/latest"]), [
            {
                rule: "duplicate-call",
                where: "middle.calls[1] → back",
                message:
                    "middle.calls[0] and middle.calls[1] both call the port http of back for GET /items/latest",
                remedy: "Merge the two calls, or list each operation in one of them only.",
            },
        ]);
    });

    it("cannot share a request, whatever other requests they list", () => {
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
                    "middle.calls[0] and middle.calls[1] both call the port http of back for GET /items/latest",
                ],
            ],
        );
    });

    it("are not reported again if they list nothing, or call unknown services", () => {
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
                "no-operations: front.calls[0] → middle",
                "no-operations: front.calls[1] → middle",
                "no-operations: middle.calls[0] → back",
                "no-operations: middle.calls[1] → back",
            ],
        );
    });

    it("can divide the port's operations", () => {
        assert.deepEqual(withRequests(["POST /items", "GET /items"]), []);
    });

    it("are rejected for a TCP port", () => {
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
                message: "middle.calls[0] and middle.calls[2] both call the port mqtt of back",
                remedy: "Merge the two calls, or list each operation in one of them only.",
            },
        ]);
    });
});
