import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { deploy, type DeployOptions, destroy } from "../../local/engine";
import { workspaceOf } from "../../local/engine/pulumi/workspace";
import { ApiServer } from "./support/api-server";

/** A fake CLI for a new stack whose last update was killed; it records its calls. */
const FAKE_CLI = `#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")
echo "$*" >>"$folder/calls"
case "$*" in
version*) echo v3.260.0 ;;
"stack select"*) echo "error: no stack named 'local' found" >&2; exit 255 ;;
"stack export"*) cat "$folder/state" ;;
"stack import"*) cat >"$folder/state" ;;
"stack output"*) echo '{}' ;;
"stack history"*) echo '[]' ;;
up*) test ! -e "$folder/fail" || { echo "error: the update failed" >&2; exit 255; } ;;
esac
`;

const state = {
    version: 3,
    deployment: {
        pending_operations: [
            {
                type: "creating",
                resource: {
                    urn: "urn:x",
                    type: "kubernetes:core/v1:Namespace",
                    inputs: { metadata: { name: "sparc" } },
                },
            },
        ],
    },
};

describe("the Pulumi CLI engine", () => {
    let folder: string;
    let server: ApiServer;
    const path = process.env["PATH"] ?? "";

    beforeEach(async () => {
        server = await ApiServer.start();
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-pulumi-"));
        await writeFile(join(folder, "pulumi"), FAKE_CLI, { mode: 0o755 });
        await writeFile(join(folder, "state"), JSON.stringify(state));
        process.env["PATH"] = `${folder}${delimiter}${path}`;
    });
    afterEach(async () => {
        process.env["PATH"] = path;
        await server.stop();
        await rm(folder, { recursive: true });
    });

    const options = (): DeployOptions => ({
        stack: "local",
        kubeconfig: server.kubeconfig,
        tools: { helm: "helm" },
        stateDir: join(folder, "engine"),
        configEntries: { domain: "sparc.local" },
    });

    it("creates a stack, resolves the pending operations of a killed update, and then updates", async () => {
        const { engine, why } = await deploy(options());
        assert.deepEqual([engine, why], ["pulumi", "Pulumi 3.260.0 is installed"]);
        const calls = (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
        const commands = calls.map((call) => call.replace(/ --stack.*| --color.*| --secrets.*/, ""));
        assert.deepEqual(
            commands.filter((call) => !/history|output/.test(call)),
            [
                "version",
                "plugin install resource kubernetes 4.34.2",
                "version",
                "stack select",
                "stack init local",
                "stack export",
                "stack import",
                "refresh --skip-preview --yes",
                "up --yes --skip-preview",
            ],
        );
        const { deployment } = JSON.parse(await readFile(join(folder, "state"), "utf8")) as typeof state;
        assert.deepEqual(deployment.pending_operations, []);
        assert.match(JSON.stringify(deployment), /"resources":\[\{"urn":"urn:x".*"id":"sparc"/);
    });

    it("prevents concurrent deployments of one stack, which would treat each other as killed", async () => {
        await Promise.all([deploy(options()), deploy(options())]);
        const calls = (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
        const steps = calls.flatMap((call) => /^(stack select|up)/.exec(call)?.[0] ?? []);
        assert.deepEqual(steps, ["stack select", "up", "stack select", "up"]);
    });

    it("deletes nothing while any resource is protected", async () => {
        await deploy(options());
        const resources = [{ urn: "urn:pulumi:l::p::kubernetes:core/v1:Namespace::sparc", protect: true }];
        await writeFile(join(folder, "state"), JSON.stringify({ version: 3, deployment: { resources } }));
        const { backend } = workspaceOf(options(), server.client().address);
        await mkdir(join(backend, ".pulumi", "stacks", "sparc-mesh"), { recursive: true });
        await writeFile(join(backend, ".pulumi", "stacks", "sparc-mesh", "local.json"), "{}");
        await assert.rejects(destroy(options()), {
            name: "DeployError",
            message: /nothing was deleted\n {2}- Namespace sparc: it is protected/,
        });
        assert.doesNotMatch(await readFile(join(folder, "calls"), "utf8"), /^destroy/m);
    });

    it("reports Pulumi's error when it fails", async () => {
        await writeFile(join(folder, "fail"), "");
        await assert.rejects(deploy(options()), {
            name: "DeployError",
            message: /^the Pulumi CLI failed\n {2}- pulumi: [\s\S]*error: the update failed/,
        });
    });
});
