/** Each patch mends its finding: kubectl applies it to the object, and a new check no longer reports it. */
import assert from "node:assert/strict";
import type { Finding } from "../../cli/workloads/model";
import type { Toolchain } from "../../local";
import { run } from "../../local/lib/process";
import { requireToolchain } from "../support/api-server";
import { findings, JOB, MISTAKES, objects } from "./cases";

describe("the patches of mesh workloads check, applied by kubectl", function () {
    this.timeout(120_000);
    let toolchain: Toolchain;

    before(async function () {
        toolchain = await requireToolchain(this);
    });

    /** The manifests as JSON documents, after the patch. */
    async function patched(text: string, patch: object): Promise<string> {
        const { kind, metadata } = patch as { kind: string; metadata: { name: string } };
        const all = objects(text).map(({ object }) => object);
        const index = all.findIndex(
            (object) => object.kind === kind && object.metadata.name === metadata.name,
        );
        assert.notEqual(index, -1, `the patch names no object: ${kind} ${metadata.name}`);
        const args = ["patch", "--local", "--type", "strategic", "--output", "json", "--filename", "-"];
        const printed = await run(toolchain.program("kubectl"), [...args, "--patch", JSON.stringify(patch)], {
            input: { text: JSON.stringify(all[index]) },
        });
        return all.map((object, at) => (at === index ? printed : JSON.stringify(object))).join("\n---\n");
    }

    const fieldsOf = (found: readonly Finding[]) => found.map(({ object, field }) => `${object} ${field}`);

    for (const [what, text] of [...MISTAKES, ["a job", JOB] as const]) {
        const patches = findings(text).flatMap(({ field, patch }) =>
            patch === undefined ? [] : [{ field, patch }],
        );
        for (const { field, patch } of patches) {
            it(`mend ${what}: ${field}`, async () => {
                const before = fieldsOf(findings(text));
                const after = fieldsOf(findings(await patched(text, patch)));
                assert.ok(after.length < before.length, after.join("\n"));
                assert.deepEqual(
                    after.filter((one) => !before.includes(one)),
                    [],
                );
            });
        }
    }

    it("exist for every mistake but those that only the application can mend", () => {
        const without = MISTAKES.filter(([, text]) =>
            findings(text).every(({ patch }) => patch === undefined),
        );
        assert.deepEqual(
            without.map(([what]) => what),
            ["a port of the sidecar", "a Service's unknown target", "another namespace"],
        );
    });
});
