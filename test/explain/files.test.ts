import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "../../catalogue/platform";
import { explain } from "../../cli/explain/explain";
import { toText } from "../../cli/explain/report/text";
import { readRendered } from "../../cli/explain/world/read";
import { World } from "../../cli/explain/world/world";
import { renderFiles } from "../../cli/render/files";
import { writeFiles } from "../../cli/render/write";
import { deriveAll } from "../../components/concerns";
import { config, worldOf } from "./questions";

const MESH = join(__dirname, "..", "..", "cli", "bin", "mesh.js");
const ask = { source: "api-gateway", destination: "alerts", port: "http", path: "/v1/alerts" };

describe("mesh explain, of files", () => {
    const folder = mkdtempSync(join(tmpdir(), "mesh-explain-"));
    const policy = join(folder, "sparc/AuthorizationPolicy/alerts-from-api-gateway.yaml");
    before(() => writeFiles(folder, renderFiles(deriveAll({ catalogue: platform, config }))));
    after(() => {
        rmSync(folder, { recursive: true });
    });
    const run = (...args: string[]) => {
        try {
            return {
                status: 0,
                out: execFileSync(MESH, ["explain", ...args], { encoding: "utf8", stdio: "pipe" }),
            };
        } catch (error) {
            const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
            return { status, out: stdout + stderr };
        }
    };

    it("says of files what it says of the program, until somebody edits one", () => {
        const edge = { ...ask };
        const of = () => explain(new World(readRendered(folder)), platform, edge)[0]!;
        assert.deepEqual(of().verdict, explain(worldOf(platform), platform, edge)[0]!.verdict);
        const original = readFileSync(policy, "utf8");
        writeFileSync(policy, original.replace("- /v1/alerts\n", "- /v1/other\n"));
        const edited = of();
        writeFileSync(policy, original);
        assert.ok(!edited.verdict.allowed);
        assert.match(toText([edited]), /alerts-from-api-gateway[^]*The objects do not follow the catalogue/);
    });

    it("names every file that cannot be read", () => {
        writeFileSync(join(folder, "one.yaml"), "a: [");
        writeFileSync(join(folder, "two.yaml"), "kind: Service");
        assert.throws(() => readRendered(folder), /one\.yaml: [^]*two\.yaml: no Kubernetes object/);
        rmSync(join(folder, "one.yaml"));
        rmSync(join(folder, "two.yaml"));
        assert.throws(() => readRendered(join(folder, "nowhere")), /there is no folder .*mesh render/);
    });

    it("exits with 0, 1 and 2", () => {
        assert.equal(
            run("api-gateway", "alerts", "--port", "http", "--path", "/v1/alerts", "--rendered", folder)
                .status,
            0,
        );
        const denied = run("thumbnails", "alerts", "--port", "8080", "--path", "/v1/alerts", "--json");
        assert.equal(denied.status, 1);
        const [{ allowed, change }] = JSON.parse(denied.out) as [
            { allowed: boolean; change: { parts: { where: string }[] } },
        ];
        assert.deepEqual([allowed, change.parts[0]?.where], [false, "services.thumbnails.calls"]);
        const unknown = run("thumbnails", "nobody-at-all");
        assert.equal(unknown.status, 2);
        assert.match(unknown.out, /there is no destination nobody-at-all/);
    }).timeout(60_000);

    it("judges the address of a host outside, and refuses what is none and what is in the mesh", () => {
        const ask = (...args: string[]) => run(...args, "--rendered", folder);
        assert.equal(ask("video", "api.fastly.com", "--address", "203.0.113.7").status, 0);
        const inside = ask("video", "api.fastly.com", "--address", "10.96.128.7");
        assert.equal(inside.status, 1);
        assert.match(inside.out, /opens TCP 443 to 10\.96\.128\.7/);
        assert.match(ask("video", "api.fastly.com", "--address", "10.0.0").out, /no IPv4 address/);
        const service = ask("api-gateway", "alerts", "--address", "10.0.0.1");
        assert.equal(service.status, 2);
        assert.match(service.out, /alerts is in the mesh/);
    }).timeout(120_000);
});
