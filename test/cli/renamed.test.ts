import assert from "node:assert/strict";
import { meshProgram } from "../../cli/program";
import { runMesh } from "../support/cli";

describe("renamed options and values", () => {
    for (const [args, message] of [
        [["verify", "--keep"], "option --keep was renamed: use --keep-probers"],
        [["approve", "auth", "--reason", "x", "--refuse"], "option --refuse was renamed: use --reject"],
        [["approve", "auth", "--why", "x"], "option --why was renamed: use --reason"],
        [["verify", "--layer", "source"], "It was renamed: use authorization."],
        [["verify", "--layer", "identity", "entry"], "It was renamed: use ingress."],
        [["explain", "stranger", "auth"], "source stranger was renamed: use unknown-workload"],
        [["explain", "unmeshed", "auth"], "source unmeshed was renamed: use outside-mesh"],
    ] as const) {
        it(`mesh ${args.join(" ")}: states the new name and exits with 2`, async () => {
            const { status, stderr } = await runMesh(...args);
            assert.equal(status, 2);
            assert.ok(stderr.includes(message), stderr);
        }).timeout(60_000);
    }

    it("are not in the help", () => {
        for (const command of meshProgram().commands)
            assert.doesNotMatch(command.helpInformation(), /--keep\b(?!-)|--refuse|--why/, command.name());
    });
});
