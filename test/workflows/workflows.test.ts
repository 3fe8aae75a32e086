import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { skip } from "../support/skip";

const ROOT = join(__dirname, "..", "..");
const FOLDER = join(ROOT, ".github", "workflows");
const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

interface Step {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
    readonly "timeout-minutes"?: number;
    readonly if?: string;
    readonly permissions?: Readonly<Record<string, string>>;
    readonly steps: readonly Step[];
}

interface Workflow {
    readonly on: Readonly<Record<string, unknown>>;
    readonly permissions: Readonly<Record<string, string>>;
    readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(FOLDER).map((name) => {
    const text = readFileSync(join(FOLDER, name), "utf8");
    return { name, text, workflow: parse(text) as Workflow };
});

const steps = files.flatMap(({ name, workflow }) =>
    Object.entries(workflow.jobs).flatMap(([job, { steps: all }]) =>
        all.map((step) => ({ where: `${name}, ${job}`, step })),
    ),
);

describe("the workflows", () => {
    it("pin every action by its commit, with the version beside it", () => {
        assert.ok(steps.length > 10);
        for (const { text, name } of files) {
            for (const [line] of text.matchAll(/^.*uses:.*$/gm))
                assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
        }
    });

    it("may only read, unless a job says what it writes", () => {
        for (const { name, workflow } of files) {
            assert.deepEqual(workflow.permissions, { contents: "read" }, name);
            for (const [job, { permissions = {} }] of Object.entries(workflow.jobs)) {
                const writes = Object.keys(permissions).filter((what) => permissions[what] === "write");
                const expected = { mesh: ["pull-requests"], preview: ["id-token", "pull-requests"] }[job];
                assert.deepEqual(writes, expected ?? [], `${name}, ${job}`);
            }
        }
    });

    it("give credentials to no code of a fork, and leave none in a checkout", () => {
        for (const { name, workflow } of files) {
            assert.ok(!("pull_request_target" in workflow.on), name);
            for (const job of Object.values(workflow.jobs).filter(
                ({ permissions }) => permissions?.["id-token"],
            ))
                assert.match(job.if ?? "", /head\.repo\.full_name == github\.repository/, name);
        }
        for (const { where, step } of steps.filter(({ step: { uses = "" } }) => uses.includes("/checkout@")))
            assert.equal(step.with?.["persist-credentials"], false, where);
    });

    it("put nothing that others write into a shell's text", () => {
        for (const { where, step } of steps) assert.ok(!step.run?.includes("${{"), where);
    });

    it("end some time", () => {
        for (const { name, workflow } of files)
            for (const [job, one] of Object.entries(workflow.jobs))
                assert.ok((one["timeout-minutes"] ?? 360) < 60, `${name}, ${job}`);
    });

    it("pass an Actions linter", function () {
        this.timeout(300_000);
        if (spawnSync("go", ["version"]).status !== 0) {
            skip(this, "no go on PATH, which builds actionlint");
        }
        // Built once for each machine; go keeps it.
        execFileSync("go", ["run", ACTIONLINT, "-shellcheck=", "-pyflakes="], {
            cwd: ROOT,
            env: { ...process.env, GOFLAGS: "-mod=mod" },
            stdio: ["ignore", "pipe", "pipe"],
        });
    });
});
