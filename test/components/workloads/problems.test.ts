import assert from "node:assert/strict";
import type { Service } from "../../../catalogue/model";
import { platformProblems } from "../../../components/check";
import { workloadProblems } from "../../../components/workloads/check";
import { IMAGE, platform, WITHOUT_DELIVERY } from "./platform";

describe("mistakes in workloads.services", () => {
    it("reports every mistake at once, with place and fix", () => {
        const problems = platformProblems(
            platform(
                "prod",
                {
                    repots: { from: "existing" },
                    search: { from: "stand-in" },
                    settings: { from: "existing", name: "shared" },
                    tenants: { from: "existing", name: "shared" },
                    users: { from: "existing", name: "auth" },
                    auth: { from: "image", image: IMAGE, versions: { v3: IMAGE } },
                    recordings: { from: "image", image: IMAGE },
                    devices: {
                        from: "image",
                        image: IMAGE,
                        environment: { A: "1" },
                        environmentFromSecrets: { A: { name: "a", key: "a" } },
                        writablePaths: ["/tmp", "/tmp"],
                    },
                    analytics: { from: "existing" },
                },
                {
                    ...WITHOUT_DELIVERY,
                    traffic: {
                        services: {
                            recordings: { versions: { v1: 90, v2: 10 } },
                            analytics: { versions: { v1: 90, v2: 10 } },
                        },
                    },
                },
            ),
        );
        const expected = [
            /^workloads\.services\.analytics: .*several versions.*remove the other versions/,
            /^workloads\.services\.auth\.versions\.v3: .*has no v3; add it there/,
            /^workloads\.services\.devices: the environment variable A is set twice/,
            /^workloads\.services\.devices\.writablePaths: \/tmp is listed twice/,
            /^workloads\.services\.recordings\.versions: .*has v2, which has no image; add v2/,
            /^workloads\.services\.repots: the catalogue has no service repots; Did you mean "reports"/,
            /^workloads\.services\.search: from: stand-in needs the stand-ins' image/,
            /^workloads\.services\.users: the program creates the Deployment auth itself, for auth/,
            /^workloads\.services: settings and tenants name the same Deployment shared/,
        ];
        assert.equal(problems.length, expected.length, problems.join("\n"));
        for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? "", pattern);
    });

    /** The problems of prod with these fields of the service `settings`; without Flagger by default. */
    function problemsOf(
        service: Partial<Service>,
        source: object,
        more: Record<string, unknown> = WITHOUT_DELIVERY,
    ): string[] {
        const { catalogue, config } = platform("prod", { settings: source }, more);
        const { settings } = catalogue.services;
        assert.ok(settings);
        const services = { ...catalogue.services, settings: { ...settings, ...service } };
        return workloadProblems({ catalogue: { ...catalogue, services }, config });
    }
    const expectProblems = (problems: readonly string[], expected: readonly RegExp[]) => {
        assert.equal(problems.length, expected.length, problems.join("\n"));
        for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? "", pattern);
    };
    const image = (more: object) => ({ from: "image", image: IMAGE, ...more });
    const RAFT = { protocol: "tcp", number: 7000, application: "raft" } as const;
    const http = { protocol: "http", number: 8080, requests: ["GET /"] } as const;
    const clustered = { ports: { http, raft: RAFT }, peers: ["raft"] } satisfies Partial<Service>;

    it("rejects two versions of replicas that call each other, from an image and existing", () => {
        const versions = { traffic: { services: { settings: { versions: { v1: 90, v2: 10 } } } } };
        for (const source of [image({ versions: { v2: IMAGE } }), { from: "existing" }]) {
            expectProblems(
                problemsOf(clustered, source, { ...WITHOUT_DELIVERY, ...versions }).filter((one) =>
                    one.includes("peers"),
                ),
                [
                    /^traffic\.services\.settings\.versions: .*would join those in use; remove the other versions/,
                ],
            );
        }
        for (const source of [image({}), { from: "existing" }]) {
            expectProblems(problemsOf(clustered, source, {}), [
                /^delivery\.services: the replicas of settings call each other \(peers\).*without settings/,
            ]);
            assert.deepEqual(problemsOf(clustered, source), []);
        }
        assert.deepEqual(problemsOf({ ...clustered, peers: [] }, image({}), {}), []);
    });

    it("rejects a StatefulSet that is to scale, and two volumes at one path", () => {
        const volumes = [{ path: "/data", size: "1Gi" }];
        const source = image({ kind: "StatefulSet", volumes, writablePaths: ["/data", "/tmp"] });
        expectProblems(problemsOf({ minReplicas: 2, maxReplicas: 5 }, source), [
            /^workloads\.services\.settings\.kind: settings has maxReplicas: 5 .*\(minReplicas, 2\); remove maxReplicas/,
            /^workloads\.services\.settings\.writablePaths: \/data is in volumes, too/,
        ]);
        assert.deepEqual(problemsOf({ minReplicas: 2 }, image({ kind: "StatefulSet", volumes })), []);
    });

    it("rejects probes and metrics of a job", () => {
        const job = { ports: {}, calls: [], exposures: [] };
        const served = {
            readiness: { type: "http", port: 8080, path: "/ready" },
            liveness: { type: "tcp", port: 8080 },
            startup: { type: "tcp", port: 8080 },
            metrics: { port: 9100, path: "/metrics" },
        };
        for (const kind of [{ kind: "Job" }, { kind: "CronJob", schedule: "@daily" }]) {
            expectProblems(
                problemsOf(job, image({ ...kind, ...served })),
                ["readiness", "liveness", "startup", "metrics"].map(
                    (key) =>
                        new RegExp(
                            `^workloads\\.services\\.settings\\.${key}: .*run to their end.*; remove it`,
                        ),
                ),
            );
            assert.deepEqual(problemsOf(job, image({ ...kind, readiness: { type: "none" } })), []);
        }
        assert.deepEqual(problemsOf({}, image(served)), []);
    });

    it("existing under another name than Flagger's target is rejected", () => {
        const problems = platformProblems(
            platform("prod", { reports: { from: "existing", name: "reporting" } }),
        );
        assert.deepEqual(problems.length, 1);
        assert.match(problems[0] ?? "", /Flagger rolls reports out.*delivery\.services/);
    });

    for (const [what, source, pattern] of [
        ["the sidecar's user", { from: "image", image: IMAGE, user: 1337 }, /user: must not be 1337/],
        ["root", { from: "image", image: IMAGE, user: 0 }, /user: .*>=1/],
        [
            "an image without a tag",
            { from: "image", image: "reports" },
            /image: must be an image with its tag/,
        ],
        ["an unknown source", { from: "exsting" }, /from: .*did you mean "existing"/],
        ["an unknown key", { from: "existing", knid: "x" }, /knid: unknown key; did you mean "kind"/],
        ["an unknown kind", { from: "existing", kind: "Deploymnt" }, /kind: .*did you mean "Deployment"/],
    ] as const) {
        it(`rejects ${what}`, () => {
            assert.throws(() => platform("prod", { reports: source }), pattern);
        });
    }

    it("requires the digest of each image if digests are required", () => {
        const problems = platformProblems(
            platform(
                "prod",
                { reports: { from: "image", image: IMAGE } },
                { images: { digests: "required" } },
            ),
        );
        assert.ok(
            problems.some((problem) => problem.includes(`${IMAGE} has no digest`)),
            problems.join("\n"),
        );
    });
});
