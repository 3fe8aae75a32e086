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
    it("of calls and exposures must be positive durations", () => {
        const malformed = (where: string, timeout: string) => ({
            rule: "malformed-value",
            where,
            message: `"${timeout}" is not a duration above zero`,
            remedy: 'Write a number above zero with its unit, such as 250ms, 2s, 5m or 1h; or "stream".',
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

    it("are parsed in all units", () => {
        assert.deepEqual(["250ms", "1.5s", "2m", "1h"].map(milliseconds), [250, 1500, 120_000, 3_600_000]);
    });

    it("must be shorter than the caller's", () => {
        assert.deepEqual(waiting("10s", "5s", "6s"), [
            {
                rule: "timeout-outlasts-caller",
                where: "middle.calls[0] → back",
                message: "middle waits 6s for back, but front waits only 5s for middle",
                remedy: "Set a timeout below 5s here, or a longer one at front.calls[0].",
            },
        ]);
    });

    it("must be shorter than an exposure's, also in another unit", () => {
        assert.deepEqual(waiting("10000ms", "10s", "2s"), [
            {
                rule: "timeout-outlasts-caller",
                where: "front.calls[0] → middle",
                message:
                    "front waits 10s for middle, but a client of the host api waits only 10000ms for front",
                remedy: "Set a timeout below 10000ms here, or a longer one at front.exposures[0].",
            },
        ]);
    });

    it("are compared with the shortest timeout of all callers", () => {
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
                    "Set a timeout below 1s here, or a longer one at hasty.calls[0].",
                ],
            ],
        );
    });

    it("are compared with the alphabetically first of callers with the same timeout", () => {
        const problems = problemsAfter(({ services, frontToMiddle, middleToBack }) => {
            services["zealous"] = { ...services.front, exposures: [], calls: [frontToMiddle] };
            middleToBack.timeout = "7s";
        });
        assert.deepEqual(
            problems.map(({ message }) => message),
            ["middle waits 7s for back, but front waits only 5s for middle"],
        );
    });

    it("are unlimited if all callers use streams, or without callers", () => {
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

    it("can be used by a service whose callers all use streams, or that has none", () => {
        assert.deepEqual(streaming("stream", ["Watch"]), []);
        assert.deepEqual(streaming("10s", ["Watch"], false), []);
    });

    it("cannot outlive the caller's timeout", () => {
        assert.deepEqual(streaming("10s", ["Watch"]), [
            {
                rule: "stream-outlives-caller",
                where: "front.calls[0] → middle",
                message:
                    "front holds a stream to middle, but a client of the host api waits only 10s for front",
                remedy: "Set a timeout below 10s, or make front.exposures[0] a stream too.",
            },
        ]);
    });

    it("require streaming methods", () => {
        assert.deepEqual(streaming("stream", ["Get", "Watch", "Put"]), [
            {
                rule: "not-a-stream",
                where: "front.calls[0] → middle",
                message: "front holds a stream to example.v1.Middle, but Get and Put do not stream",
                remedy: "Move it to a separate call with a timeout, or add it to the port's streaming methods.",
            },
        ]);
    });

    it("of exposures also require streaming methods, and can be HTTP requests", () => {
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
                message: "the host rpc holds a stream to example.v1.Middle, but Put does not stream",
                remedy: "Move it to a separate call with a timeout, or add it to the port's streaming methods.",
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

    it("cannot be HTTP requests of a call", () => {
        assert.deepEqual(streamingTo("http"), [
            {
                rule: "not-a-stream",
                where: "middle.calls[0] → back",
                message: "middle holds a stream to back, but its port http serves single HTTP requests",
                remedy: "Set a timeout.",
            },
        ]);
    });

    it("can be WebSockets and TCP connections", () => {
        assert.deepEqual(streamingTo("ws"), []);
        assert.deepEqual(streamingTo("mqtt"), []);
    });
});
