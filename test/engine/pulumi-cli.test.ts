import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { deploy, type DeployOptions } from "../../local/engine";
import { ApiServer } from "./support/api-server";

/** Answers as the CLI does for a new stack whose last update was killed, and writes down how it was called. */
const FAKE_CLI = `#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")
echo "$*" >>"$folder/calls"
case "$*" in
version*) echo v3.260.0 ;;
"stack select"*) echo "error: no stack named 'local' found" >&2; exit 255 ;;
"stack export"*) cat "$folder/state" ;;
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

describe("the engine that is the Pulumi CLI", () => {
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

    it("makes a stack, settles what was left of a killed update, and then updates", async () => {
        const { engine, why } = await deploy(options());
        assert.deepEqual([engine, why], ["pulumi", "Pulumi 3.260.0 is here"]);
        const calls = (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
        const asked = calls.map((call) => call.replace(/ --stack.*| --color.*| --secrets.*/, ""));
        assert.deepEqual(asked.slice(0, 8), [
            "version",
            "plugin install resource kubernetes 4.34.2",
            "version",
            "stack select",
            "stack init local",
            "stack export --show-secrets",
            "refresh --yes --skip-preview",
            "up --yes --skip-preview",
        ]);
        assert.match(
            calls[6]!,
            /--import-pending-creates urn:x --import-pending-creates sparc --non-interactive$/,
        );
    });

    it("passes on what Pulumi says when it fails", async () => {
        await writeFile(join(folder, "fail"), "");
        await assert.rejects(deploy(options()), {
            name: "DeployError",
            message: /^Pulumi could not deploy\n {2}- pulumi: [\s\S]*error: the update failed/,
        });
    });
});
