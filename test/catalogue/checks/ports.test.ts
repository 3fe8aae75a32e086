import * as assert from "node:assert/strict";

import type { Problem } from "../../../catalogue/check";
import { problemsAfter } from "../small";

const NUMBERS = "Choose a number other than 8081 and 15000 to 15999.";

describe("ports", () => {
    it("have numbers of their own", () => {
        const problems = problemsAfter(({ ws, tcp, http }) => {
            ws.number = http.number;
            tcp.number = http.number;
        });
        assert.deepEqual(problems, [
            {
                rule: "duplicate-port-number",
                where: "back.ports.mqtt",
                message: "the ports http and mqtt of back both have the number 8080",
                remedy: "Give one of them another number.",
            },
            {
                rule: "duplicate-port-number",
                where: "back.ports.ws",
                message: "the ports http and ws of back both have the number 8080",
                remedy: "Give one of them another number.",
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

    it("are not that of the probes", () => {
        assert.deepEqual(numbered(8081), reserved(8081, "on which every workload answers its probes"));
    });

    it("are none of the sidecar's", () => {
        const why = "one of those of Istio's sidecar";
        for (const number of [15000, 15090, 15999]) assert.deepEqual(numbered(number), reserved(number, why));
    });

    it("may be any others", () => {
        for (const number of [1, 8082, 14999, 16000, 65535]) assert.deepEqual(numbered(number), []);
    });

    it("of stores are judged likewise", () => {
        const problems = problemsAfter(({ stores }) => {
            stores.db.ports = { db: { protocol: "tcp", number: 15432, application: "sql" } };
        });
        assert.deepEqual(
            problems.map(({ rule, where }) => [rule, where]),
            [["reserved-port", "stores.db.ports.db"]],
        );
    });
});
