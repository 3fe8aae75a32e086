import assert from "node:assert/strict";
import { platformProblems } from "../../../components/check";
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
