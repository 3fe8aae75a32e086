import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { packConfig } from "../policy/support/stacks";
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
    readonly strategy?: { readonly matrix: { readonly stack: readonly string[] } };
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
    it("pin every action by its commit, with the version in a comment", () => {
        assert.ok(steps.length > 10);
        for (const { text, name } of files) {
            for (const [line] of text.matchAll(/^.*uses:.*$/gm))
                assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
        }
    });

    it("have read-only permissions, unless a job declares write permissions", () => {
        for (const { name, workflow } of files) {
            assert.deepEqual(workflow.permissions, { contents: "read" }, name);
            for (const [job, { permissions = {} }] of Object.entries(workflow.jobs)) {
                const writes = Object.keys(permissions).filter((what) => permissions[what] === "write");
                const expected = { mesh: ["pull-requests"], preview: ["id-token", "pull-requests"] }[job];
                assert.deepEqual(writes, expected ?? [], `${name}, ${job}`);
            }
        }
    });

    it("expose no credentials to a fork's code, and persist none in a checkout", () => {
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

    it("do not interpolate untrusted input into shell scripts", () => {
        for (const { where, step } of steps) assert.ok(!step.run?.includes("${{"), where);
    });

    it("have a timeout", () => {
        for (const { name, workflow } of files)
            for (const [job, one] of Object.entries(workflow.jobs))
                assert.ok((one["timeout-minutes"] ?? 360) < 60, `${name}, ${job}`);
    });

    // The action calls `pulumi preview --policy-pack <pack> --policy-pack-config <file>`.
    it("preview each stack with the policy pack and the configuration with which other tests evaluate the stack", () => {
        const { preview } = files.find(({ name }) => name === "pull-request.yml")?.workflow.jobs ?? {};
        const { with: inputs = {} } =
            preview?.steps.find(({ uses = "" }) => uses.startsWith("pulumi/actions@")) ?? {};
        const stacks = preview?.strategy?.matrix.stack ?? [];
        assert.deepEqual(stacks, ["dev", "prod"]);
        for (const stack of stacks) {
            const input = (name: string) => {
                const value = inputs[name];
                return typeof value === "string"
                    ? value.replace(/\$\{\{ *matrix\.stack *\}\}/, stack)
                    : assert.fail(`the step has no ${name}`);
            };
            assert.equal(input("command"), "preview");
            assert.equal(input("stack-name"), stack);
            assert.ok(existsSync(join(ROOT, input("policyPacks"), "PulumiPolicy.yaml")));
            const config = readFileSync(join(ROOT, input("policyPackConfigs")), "utf8");
            assert.deepEqual(JSON.parse(config), packConfig(stack));
        }
    });

    it("pass an Actions linter", function () {
        this.timeout(300_000);
        if (spawnSync("go", ["version"]).status !== 0) {
            skip(this, "no go on PATH, which builds actionlint");
        }
        // Built once per machine; Go's build cache keeps it.
        execFileSync("go", ["run", ACTIONLINT, "-shellcheck=", "-pyflakes="], {
            cwd: ROOT,
            env: { ...process.env, GOFLAGS: "-mod=mod" },
            stdio: ["ignore", "pipe", "pipe"],
        });
    });
});
