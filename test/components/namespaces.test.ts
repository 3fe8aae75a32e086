import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";

const ROOT = join(__dirname, "..", "..");

describe("namespaces", () => {
    for (const stack of ["local", "dev", "prod"])
        it(`of ${stack} enforce a version of the Pod Security Standards, which no upgrade of the API server changes`, () => {
            const config = loadStackFile(stack, ROOT);
            const all = deriveAll({ catalogue, config }).objects.filter(({ kind }) => kind === "Namespace");
            assert.ok(all.length >= 8);
            for (const { metadata } of all) {
                const version = metadata.labels?.["pod-security.kubernetes.io/enforce-version"] ?? "";
                assert.match(version, /^v1\.\d+$/, metadata.name);
                // The cluster's own, where the stack chooses it.
                if (config.cluster.from === "eks") assert.equal(version, `v${config.cluster.version}`);
            }
        });
});
