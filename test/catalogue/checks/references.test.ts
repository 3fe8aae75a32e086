import * as assert from "node:assert/strict";

import { graph, plain, problemsAfter } from "../small";
import { checkCatalogue } from "../../../catalogue/check";

describe("references", () => {
    it("to an unknown service get the nearest name as a suggestion", () => {
        const problems = problemsAfter(({ frontToMiddle }) => {
            frontToMiddle.to = "midle";
        });
        assert.deepEqual(problems, [
            {
                rule: "unknown-service",
                where: "front.calls[0] → midle",
                message: "front calls the unknown service midle",
                remedy: 'Did you mean "middle"?',
            },
        ]);
    });

    it("to a service unlike any other get no suggestion", () => {
        const problems = problemsAfter(({ frontToMiddle }) => {
            frontToMiddle.to = "payments";
        });
        assert.deepEqual(
            problems.map(({ remedy }) => remedy),
            ["Define payments, or remove the call."],
        );
    });

    it("do not resolve to properties of Object.prototype", () => {
        const problems = problemsAfter(({ frontToMiddle, middleToBack, services, exposure }) => {
            frontToMiddle.to = "constructor";
            middleToBack.port = "constructor";
            services.front.stores = ["constructor"];
            services.front.external = ["constructor"];
            exposure.port = "constructor";
        });
        assert.deepEqual(
            problems.map(({ rule, where }) => [rule, where]),
            [
                ["unknown-service", "front.calls[0] → constructor"],
                ["unknown-port", "middle.calls[0] → back"],
                ["unknown-port", "front.exposures[0] → public api"],
                ["unknown-store", "front.stores[0] → constructor"],
                ["unknown-external-group", "front.external[0] → constructor"],
            ],
        );
    });

    it("to an unknown port get a suggestion, or a list of all ports", () => {
        const problems = problemsAfter(({ frontToMiddle, middleToBack, exposure }) => {
            frontToMiddle.port = "grcp";
            middleToBack.port = "metrics";
            exposure.port = "htpp";
        });
        assert.deepEqual(problems, [
            {
                rule: "unknown-port",
                where: "front.calls[0] → middle",
                message: "front calls the unknown port grcp of middle",
                remedy: 'Did you mean "grpc"?',
            },
            {
                rule: "unknown-port",
                where: "middle.calls[0] → back",
                message: "middle calls the unknown port metrics of back",
                remedy: "back has http, mqtt and ws.",
            },
            {
                rule: "unknown-port",
                where: "front.exposures[0] → public api",
                message: "the host api exposes the unknown port htpp of front",
                remedy: 'Did you mean "http"?',
            },
        ]);
    });

    it("to an unknown store or external group are reported", () => {
        const problems = problemsAfter(({ services }) => {
            services.front.stores = ["db", "dbb"];
            services.front.external = ["satellite"];
        });
        assert.deepEqual(problems, [
            {
                rule: "unknown-store",
                where: "front.stores[1] → dbb",
                message: "front uses the unknown store dbb",
                remedy: 'Did you mean "db"?',
            },
            {
                rule: "unknown-external-group",
                where: "front.external[0] → satellite",
                message: "front uses the unknown external group satellite",
                remedy: "Define satellite, or remove it from front.",
            },
        ]);
    });

    it("to a store or an external group must be unique", () => {
        const problems = problemsAfter(({ services }) => {
            services.front.stores = ["db", "db", "db"];
            services.front.external = ["mail", "mail"];
        });
        assert.deepEqual(problems, [
            {
                rule: "repeated-use",
                where: "front.stores → db",
                message: "front lists the store db twice",
                remedy: "Remove the duplicate.",
            },
            {
                rule: "repeated-use",
                where: "front.external → mail",
                message: "front lists the external group mail twice",
                remedy: "Remove the duplicate.",
            },
        ]);
    });

    it("cannot be to the service itself", () => {
        assert.deepEqual(checkCatalogue(graph({ a: ["b", "a"], b: [] })), [
            {
                rule: "self-call",
                where: "a.calls[1] → a",
                message: "a calls itself",
                remedy: "Remove the call. If its replicas call each other, list the TCP ports on which they do in peers.",
            },
        ]);
    });

    it("can be to a service named like a property of Object.prototype", () => {
        const problems = problemsAfter(({ services, frontToMiddle }) => {
            Object.assign(services, { constructor: { ...plain(), ports: services.middle.ports } });
            frontToMiddle.to = "constructor";
        });
        assert.deepEqual(problems, []);
    });
});
