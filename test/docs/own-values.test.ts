/** The commands of docs/get-started/aws.md that replace the examples in the policy pack's configuration. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadStackFile } from "../../config/load";

const ROOT = join(__dirname, "..", "..");
const PAGE = readFileSync(join(ROOT, "docs", "get-started", "aws.md"), "utf8");

describe("the commands that replace the examples of a stack at AWS", () => {
    for (const stack of ["dev", "prod"])
        it(`leave none of them in the policy pack's configuration of ${stack}`, () => {
            const file = `policy/config/${stack}.json`;
            const [, command = assert.fail(`no command for ${file}`)] =
                new RegExp(`(sed -i '[^']+' ${file.replaceAll(".", "\\.")})`).exec(PAGE) ?? [];
            const folder = mkdtempSync(join(tmpdir(), "mesh-values-"));
            try {
                mkdirSync(join(folder, "policy", "config"), { recursive: true });
                copyFileSync(join(ROOT, file), join(folder, file));
                const before = readFileSync(join(folder, file), "utf8");
                const { domain } = loadStackFile(stack, ROOT);
                assert.ok(before.includes(domain) && before.includes("111122223333"));
                const filled = command
                    .replaceAll("<domain>", "video.acme.io")
                    .replaceAll("<account>", "811122223333");
                execFileSync("/bin/sh", ["-c", filled], { cwd: folder });
                const after = readFileSync(join(folder, file), "utf8");
                assert.doesNotMatch(after, /example\.com|111122223333/);
                // Exactly the stack's own domain: no part of the example's is left in front of it.
                const hosts = [...before.matchAll(new RegExp(`[a-z-]+\\.${domain}`, "g"))];
                assert.ok(hosts.length > 5);
                for (const [host] of hosts)
                    assert.ok(after.includes(host.replace(domain, "video.acme.io")), host);
            } finally {
                rmSync(folder, { recursive: true });
            }
        });
});
