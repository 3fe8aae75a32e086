import * as assert from "node:assert/strict";

import { graph, plain, problemsAfter } from "../small";
import { checkCatalogue } from "../../../catalogue/check";

describe("references", () => {
    it("name a service, or the nearest is shown", () => {
        const problems = problemsAfter(({ frontToMiddle }) => {
            frontToMiddle.to = "midle";
        });
        assert.deepEqual(problems, [
            {
                rule: "unknown-service",
                where: "front.calls[0] → midle",
                message: "front calls midle, which is no service of the catalogue",
                remedy: 'Did you mean "middle"?',
            },
        ]);
    });

    it("to a service unlike any other get no guess", () => {
        const problems = problemsAfter(({ frontToMiddle }) => {
            frontToMiddle.to = "payments";
        });
        assert.deepEqual(
            problems.map(({ remedy }) => remedy),
            ["Define payments, or remove the call."],
        );
    });

    it("do not find what every object has", () => {
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

    it("name a port of the service, or all of its ports are shown", () => {
        const problems = problemsAfter(({ frontToMiddle, middleToBack, exposure }) => {
            frontToMiddle.port = "grcp";
            middleToBack.port = "metrics";
            exposure.port = "htpp";
        });
        assert.deepEqual(problems, [
            {
                rule: "unknown-port",
                where: "front.calls[0] → middle",
                message: "front calls the port grcp of middle, which has no such port",
                remedy: 'Did you mean "grpc"?',
            },
            {
                rule: "unknown-port",
                where: "middle.calls[0] → back",
                message: "middle calls the port metrics of back, which has no such port",
                remedy: "back has http, mqtt and ws.",
            },
            {
                rule: "unknown-port",
                where: "front.exposures[0] → public api",
                message: "the host api exposes the port htpp of front, which has no such port",
                remedy: 'Did you mean "http"?',
            },
        ]);
    });

    it("name a store and an external group", () => {
        const problems = problemsAfter(({ services }) => {
            services.front.stores = ["db", "dbb"];
            services.front.external = ["satellite"];
        });
        assert.deepEqual(problems, [
            {
                rule: "unknown-store",
                where: "front.stores[1] → dbb",
                message: "front uses dbb, which is no store of the catalogue",
                remedy: 'Did you mean "db"?',
            },
            {
                rule: "unknown-external-group",
                where: "front.external[0] → satellite",
                message: "front uses satellite, which is no external group of the catalogue",
                remedy: "Define satellite, or remove it from front.",
            },
        ]);
    });

    it("name a store and an external group once", () => {
        const problems = problemsAfter(({ services }) => {
            services.front.stores = ["db", "db", "db"];
            services.front.external = ["mail", "mail"];
        });
        assert.deepEqual(problems, [
            {
                rule: "repeated-use",
                where: "front.stores → db",
                message: "front names the store db twice",
                remedy: "Name it once.",
            },
            {
                rule: "repeated-use",
                where: "front.external → mail",
                message: "front names the external group mail twice",
                remedy: "Name it once.",
            },
        ]);
    });

    it("do not lead back to the service itself", () => {
        assert.deepEqual(checkCatalogue(graph({ a: ["b", "a"], b: [] })), [
            {
                rule: "self-call",
                where: "a.calls[1] → a",
                message: "a calls itself",
                remedy: "Remove the call: what stays within a service does not pass the mesh.",
            },
        ]);
    });

    it("may lead to a service called as what every object has", () => {
        const problems = problemsAfter(({ services, frontToMiddle }) => {
            Object.assign(services, { constructor: { ...plain(), ports: services.middle.ports } });
            frontToMiddle.to = "constructor";
        });
        assert.deepEqual(problems, []);
    });
});
