import * as assert from "node:assert/strict";

import type { Call } from "../../../catalogue/model";
import { milliseconds } from "../../../catalogue/durations";
import { problemsAfter } from "../small";

type Timeout = Call["timeout"];

const waiting = (exposure: Timeout, front: Timeout, middle: Timeout) =>
    problemsAfter((draft) => {
        draft.exposure.timeout = exposure;
        draft.frontToMiddle.timeout = front;
        draft.middleToBack.timeout = middle;
    });

describe("timeouts", () => {
    it("of calls and exposures are times to wait", () => {
        const malformed = (where: string, timeout: string) => ({
            rule: "malformed-value",
            where,
            message: `"${timeout}" is not a duration above zero`,
            remedy: 'Write a number above zero and its unit, such as 250ms, 2s, 5m or 1h; or "stream".',
        });
        assert.deepEqual(waiting("0s", "5 s", "0ms"), [
            malformed("services.front.calls[0].timeout", "5 s"),
            malformed("services.front.exposures[0].timeout", "0s"),
            malformed("services.middle.calls[0].timeout", "0ms"),
        ]);
        for (const timeout of ["1e3s", "-5s", "1d", "5", "s", "1.s"]) {
            assert.deepEqual(waiting("1h", "1m", timeout as Timeout), [
                malformed("services.middle.calls[0].timeout", timeout),
            ]);
        }
    });

    it("are read in all units", () => {
        assert.deepEqual(["250ms", "1.5s", "2m", "1h"].map(milliseconds), [250, 1500, 120_000, 3_600_000]);
    });

    it("do not outlast the caller's", () => {
        assert.deepEqual(waiting("10s", "5s", "6s"), [
            {
                rule: "timeout-outlasts-caller",
                where: "middle.calls[0] → back",
                message: "middle waits 6s for back, but front waits only 5s for middle",
                remedy: "Wait less than 5s here, or longer at front.calls[0].",
            },
        ]);
    });

    it("do not outlast those of clients outside, nor equal them in another unit", () => {
        assert.deepEqual(waiting("10000ms", "10s", "2s"), [
            {
                rule: "timeout-outlasts-caller",
                where: "front.calls[0] → middle",
                message:
                    "front waits 10s for middle, but a client of the host api waits only 10000ms for front",
                remedy: "Wait less than 10000ms here, or longer at front.exposures[0].",
            },
        ]);
    });

    it("are measured by the most impatient of the callers", () => {
        const problems = problemsAfter(({ services, frontToMiddle, middleToBack }) => {
            services["hasty"] = {
                ...services.front,
                exposures: [],
                calls: [{ ...frontToMiddle, timeout: "1s" }],
            };
            middleToBack.timeout = "7s";
        });
        assert.deepEqual(
            problems.map(({ message, remedy }) => [message, remedy]),
            [
                [
                    "middle waits 7s for back, but hasty waits only 1s for middle",
                    "Wait less than 1s here, or longer at hasty.calls[0].",
                ],
            ],
        );
    });

    it("are measured by the first by name of equally impatient callers", () => {
        const problems = problemsAfter(({ services, frontToMiddle, middleToBack }) => {
            services["zealous"] = { ...services.front, exposures: [], calls: [frontToMiddle] };
            middleToBack.timeout = "7s";
        });
        assert.deepEqual(
            problems.map(({ message }) => message),
            ["middle waits 7s for back, but front waits only 5s for middle"],
        );
    });

    it("may be anything where all callers hold streams, and where there is none", () => {
        const problems = problemsAfter((draft) => {
            draft.exposure.timeout = "stream";
            draft.frontToMiddle.timeout = "1h";
            draft.middleToBack.timeout = "59m";
        });
        assert.deepEqual(problems, []);
    });
});

describe("streams", () => {
    const streaming = (exposure: Timeout, methods: string[], exposed = true) =>
        problemsAfter((draft) => {
            draft.exposure.timeout = exposure;
            draft.frontToMiddle.timeout = "stream";
            draft.frontToMiddle.methods = methods;
            if (!exposed) draft.services.front.exposures = [];
        });

    it("may be held by whoever is called by streams only, or by nobody", () => {
        assert.deepEqual(streaming("stream", ["Watch"]), []);
        assert.deepEqual(streaming("10s", ["Watch"], false), []);
    });

    it("do not outlive the caller", () => {
        assert.deepEqual(streaming("10s", ["Watch"]), [
            {
                rule: "stream-outlives-caller",
                where: "front.calls[0] → middle",
                message:
                    "front holds a stream to middle, but a client of the host api waits only 10s for front",
                remedy: "Give the call a timeout below 10s, or make front.exposures[0] a stream too.",
            },
        ]);
    });

    it("are of streaming methods", () => {
        assert.deepEqual(streaming("stream", ["Get", "Watch", "Put"]), [
            {
                rule: "not-a-stream",
                where: "front.calls[0] → middle",
                message: "front holds a stream to example.v1.Middle, whose Get and Put are no stream",
                remedy: "Ask for it in a call of its own, with a timeout; or list it among the port's streaming methods.",
            },
        ]);
    });

    it("of exposures are of streaming methods too, and may be of HTTP requests", () => {
        const exposing = (methods: string[]) =>
            problemsAfter(({ services, exposure }) => {
                services.front.exposures = [];
                services.front.calls = [];
                services.middle.exposures = [
                    {
                        gateway: "public",
                        host: "rpc",
                        port: "grpc",
                        methods,
                        authentication: "jwt",
                        timeout: "stream",
                    },
                ];
                services.back.exposures = [{ ...exposure, timeout: "stream" }];
            });
        assert.deepEqual(exposing(["Put"]), [
            {
                rule: "not-a-stream",
                where: "middle.exposures[0] → public rpc",
                message: "the host rpc holds a stream to example.v1.Middle, whose Put is no stream",
                remedy: "Ask for it in a call of its own, with a timeout; or list it among the port's streaming methods.",
            },
        ]);
        assert.deepEqual(exposing(["Watch"]), []);
    });

    const streamingTo = (port: string) =>
        problemsAfter((draft) => {
            draft.services.front.exposures = [];
            draft.services.front.calls = [];
            draft.middleToBack.timeout = "stream";
            draft.middleToBack.port = port;
            if (port !== "http") delete draft.middleToBack.requests;
        });

    it("are not HTTP requests", () => {
        assert.deepEqual(streamingTo("http"), [
            {
                rule: "not-a-stream",
                where: "middle.calls[0] → back",
                message: "middle holds a stream to back, but its port http answers HTTP requests, one by one",
                remedy: "Give the call a timeout.",
            },
        ]);
    });

    it("may be WebSockets and TCP connections", () => {
        assert.deepEqual(streamingTo("ws"), []);
        assert.deepEqual(streamingTo("mqtt"), []);
    });
});
