import * as assert from "node:assert/strict";

import { problemsAfter, small } from "../small";

const RAFT = { protocol: "tcp", number: 7000, application: "raft" } as const;

describe("peers", () => {
    /** The problems of `middle` with a port for its replicas, which call each other on these. */
    function problems(peers: string[], more: Record<string, unknown> = {}) {
        return problemsAfter(({ services }) => {
            Object.assign(services, more);
            services.middle.ports["raft"] = RAFT;
            services.middle.peers = peers;
        }).map(({ rule, where }) => [rule, where]);
    }

    it("are TCP ports of the service", () => {
        assert.deepEqual(problems(["raft"]), []);
        assert.deepEqual(problems(["rafft"]), [["unknown-port", "middle.peers[0]"]]);
        const [other = ""] = Object.entries(small().services.middle.ports).flatMap(([name, { protocol }]) =>
            protocol === "tcp" ? [] : [name],
        );
        assert.deepEqual(problems([other]), [["wrong-protocol", "middle.peers[0]"]]);
    });

    it("are listed once", () => {
        assert.deepEqual(problems(["raft", "raft"]), [["repeated-reference", "middle.peers"]]);
    });

    it("have a Service whose name no other service has", () => {
        const { back } = small().services;
        assert.deepEqual(problems(["raft"], { "middle-peers": back }), [["name-collision", "middle-peers"]]);
    });
});

describe("a service without ports", () => {
    it("calls others, and cannot be called", () => {
        const { middleToBack, services } = small();
        const worker = { ...services.back, ports: {}, calls: [{ ...middleToBack }] };
        assert.deepEqual(
            problemsAfter((draft) => Object.assign(draft.services, { worker })),
            [],
        );
        const called = problemsAfter((draft) => {
            Object.assign(draft.services, { worker });
            draft.frontToMiddle.to = "worker";
        });
        assert.deepEqual(
            called.map(({ rule }) => rule),
            ["unknown-port"],
        );
    });
});
