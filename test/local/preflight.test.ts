import assert from "node:assert/strict";

import { findProblems, type MachineFacts, UnfitMachineError } from "../../local/preflight";

const gibibyte = 2 ** 30;

const fit: MachineFacts = {
    platform: "linux",
    root: true,
    missingCommands: [],
    toolchainComplete: false,
    availableMemory: 16 * gibibyte,
    disk: {
        cache: { folder: "/root/.cache", bytes: 100 * gibibyte, device: 1 },
        state: { folder: "/root/.local/state", bytes: 100 * gibibyte, device: 1 },
    },
    controllers: ["cpu", "cpuacct", "cpuset", "memory", "pids"],
    routes: [{ destination: "default", interface: "eth0" }],
    state: "/root/.local/state/sparc-mesh",
};

const problemsOf = (facts: Partial<MachineFacts>): string[] =>
    findProblems({ ...fit, ...facts }).map(({ problem }) => problem);

const withRoom = (bytes: number, other = bytes, devices = [1, 1]): Pick<MachineFacts, "disk"> => ({
    disk: {
        cache: { folder: "/cache", bytes, device: devices[0] ?? 0 },
        state: { folder: "/state", bytes: other, device: devices[1] ?? 0 },
    },
});

describe("the check of the machine", () => {
    it("finds nothing wrong with a machine that fits", () => {
        assert.deepEqual(findProblems(fit), []);
    });

    it("says of another system only that it is another", () => {
        assert.deepEqual(findProblems({ ...fit, platform: "darwin", root: false, availableMemory: 0 }), [
            {
                problem: "The embedded node runs on Linux; this machine runs darwin.",
                remedy: "Use a cluster that is at hand: make up CONTEXT=<kubeconfig context>.",
            },
        ]);
    });

    it("names every problem at once, each with a remedy", () => {
        const problems = findProblems({
            ...fit,
            ...withRoom(gibibyte),
            root: false,
            missingCommands: ["go", "ip"],
            availableMemory: 2 * gibibyte,
            controllers: ["cpu"],
            routes: [
                { destination: "0.0.0.0/1", interface: "tun0" },
                { destination: "128.0.0.0/1", interface: "tun0" },
            ],
        });
        assert.deepEqual(
            problems.map(({ problem }) => problem),
            [
                "Namespaces and control groups need root.",
                "The command go is not on PATH.",
                "The command ip is not on PATH.",
                "Only 2.0 GiB of memory are available; the node with the mesh needs 6.0 GiB.",
                "Only 1.0 GiB are free where /state lies; 25.0 GiB are needed.",
                "The control group controllers cpuset, memory, pids cannot be used here.",
                "The host has routes to every subnet that the node could use: 10.254.77.0/30, 10.254.78.0/30, " +
                    "172.31.254.0/30, 192.168.254.0/30, 100.127.254.0/30.",
            ],
        );
        const message = new UnfitMachineError(problems).message;
        for (const { problem, remedy } of problems)
            assert.ok(message.includes(`- ${problem}\n    ${remedy}`));
    });

    it("says which package has a missing command", () => {
        const [problem] = findProblems({ ...fit, missingCommands: ["ip"] });
        assert.equal(problem?.remedy, "Install it, on Debian and Ubuntu with: apt-get install iproute2.");
    });

    it("asks for less room once the toolchain is complete", () => {
        assert.deepEqual(problemsOf({ ...withRoom(24 * gibibyte), toolchainComplete: false }).length, 1);
        assert.deepEqual(problemsOf({ ...withRoom(6 * gibibyte), toolchainComplete: true }), []);
        assert.deepEqual(problemsOf({ ...withRoom(4 * gibibyte), toolchainComplete: true }), [
            "Only 4.0 GiB are free where /state lies; 5.0 GiB are needed.",
        ]);
    });

    it("judges each of two disks by what will lie on it", () => {
        assert.deepEqual(problemsOf(withRoom(21 * gibibyte, 6 * gibibyte, [1, 2])), []);
        assert.deepEqual(problemsOf(withRoom(19 * gibibyte, 4 * gibibyte, [1, 2])), [
            "Only 19.0 GiB are free where /cache lies; 20.0 GiB are needed.",
            "Only 4.0 GiB are free where /state lies; 5.0 GiB are needed.",
        ]);
    });

    it("lets the node that runs already keep its subnet, and refuses a second node", () => {
        const taken = [
            { destination: "0.0.0.0/1", interface: "tun0" },
            { destination: "128.0.0.0/1", interface: "tun0" },
        ];
        assert.deepEqual(problemsOf({ routes: taken, runningNode: fit.state }), []);
        const [other] = findProblems({ ...fit, runningNode: "/home/ann/state/sparc-mesh" });
        assert.deepEqual(other, {
            problem: "Another node runs on this machine, from /home/ann/state/sparc-mesh.",
            remedy: "Stop it first: XDG_STATE_HOME=/home/ann/state make down.",
        });
    });
});
