import * as assert from "node:assert/strict";

import type { Problem } from "../../../catalogue/check";
import { problemsAfter } from "../small";

const NUMBERS = "Use a number other than 8081 and 15000 to 15999.";

describe("ports", () => {
    it("must have unique numbers", () => {
        const problems = problemsAfter(({ ws, tcp, http }) => {
            ws.number = http.number;
            tcp.number = http.number;
        });
        assert.deepEqual(problems, [
            {
                rule: "duplicate-port-number",
                where: "back.ports.mqtt",
                message: "the ports http and mqtt of back both have the number 8080",
                remedy: "Change the number of one of them.",
            },
            {
                rule: "duplicate-port-number",
                where: "back.ports.ws",
                message: "the ports http and ws of back both have the number 8080",
                remedy: "Change the number of one of them.",
            },
        ]);
    });

    const numbered = (number: number) =>
        problemsAfter(({ tcp }) => {
            tcp.number = number;
        });
    const reserved = (number: number, why: string): Problem[] => [
        {
            rule: "reserved-port",
            where: "back.ports.mqtt",
            message: `the port mqtt of back has the number ${number}, ${why}`,
            remedy: NUMBERS,
        },
    ];

    it("cannot be the health probes' port", () => {
        assert.deepEqual(numbered(8081), reserved(8081, "which is reserved for health probes"));
    });

    it("cannot be a port of the sidecar", () => {
        const why = "which is reserved for Istio's sidecar";
        for (const number of [15000, 15090, 15999]) assert.deepEqual(numbered(number), reserved(number, why));
    });

    it("can be any other number", () => {
        for (const number of [1, 8082, 14999, 16000, 65535]) assert.deepEqual(numbered(number), []);
    });

    it("of stores are checked, too", () => {
        const problems = problemsAfter(({ stores }) => {
            stores.db.ports = { db: { protocol: "tcp", number: 15432, application: "sql" } };
        });
        assert.deepEqual(
            problems.map(({ rule, where }) => [rule, where]),
            [["reserved-port", "stores.db.ports.db"]],
        );
    });
});
