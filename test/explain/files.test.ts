import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "../../catalogue/platform";
import { explain } from "../../cli/explain/explain";
import { toText } from "../../cli/explain/report/text";
import { readRendered } from "../../cli/lib/snapshot/read";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import { renderFiles } from "../../cli/lib/rendered/files";
import { writeFiles } from "../../cli/lib/rendered/write";
import { deriveAll } from "../../components/concerns";
import { runMesh } from "../support/cli";
import { config, snapshotOf } from "./queries";

const query = { source: "api-gateway", destination: "alerts", port: "http", path: "/v1/alerts" };

describe("mesh explain, with rendered files", () => {
    const folder = mkdtempSync(join(tmpdir(), "mesh-explain-"));
    const policy = join(folder, "sparc/AuthorizationPolicy/alerts-from-api-gateway.yaml");
    before(() => writeFiles(folder, renderFiles(deriveAll({ catalogue: platform, config }))));
    after(() => {
        rmSync(folder, { recursive: true });
    });
    const run = async (...args: string[]) => {
        const { status, stdout, stderr } = await runMesh("explain", ...args);
        return { status, out: stdout + stderr };
    };

    it("returns the same for files as for the program, until a file is edited", () => {
        const edge = { ...query };
        const of = () => explain(new MeshSnapshot(readRendered(folder)), platform, edge)[0]!;
        assert.deepEqual(of().verdict, explain(snapshotOf(platform), platform, edge)[0]!.verdict);
        const original = readFileSync(policy, "utf8");
        writeFileSync(policy, original.replace("- /v1/alerts\n", "- /v1/other\n"));
        const edited = of();
        writeFileSync(policy, original);
        assert.ok(!edited.verdict.allowed);
        assert.match(toText([edited]), /alerts-from-api-gateway[^]*The objects do not match the catalogue/);
    });

    it("names every file that it cannot parse", () => {
        writeFileSync(join(folder, "one.yaml"), "a: [");
        writeFileSync(join(folder, "two.yaml"), "kind: Service");
        assert.throws(() => readRendered(folder), /one\.yaml: [^]*two\.yaml: not a Kubernetes object/);
        rmSync(join(folder, "one.yaml"));
        rmSync(join(folder, "two.yaml"));
        assert.throws(() => readRendered(join(folder, "nowhere")), /folder .* does not exist.*mesh render/);
    });

    it("exits with 0, 1 and 2", async () => {
        const request = ["--port", "http", "--path", "/v1/alerts"];
        const allowed = await run("api-gateway", "alerts", ...request, "--rendered", folder);
        assert.equal(allowed.status, 0);
        const denied = await run("thumbnails", "alerts", "--port", "8080", "--path", "/v1/alerts", "--json");
        assert.equal(denied.status, 1);
        const [{ allowed: verdict, change }] = JSON.parse(denied.out) as [
            { allowed: boolean; change: { parts: { where: string }[] } },
        ];
        assert.deepEqual([verdict, change.parts[0]?.where], [false, "services.thumbnails.calls"]);
        const unknown = await run("thumbnails", "no-such-service");
        assert.equal(unknown.status, 2);
        assert.match(unknown.out, /unknown destination "no-such-service"/);
    }).timeout(60_000);

    it("evaluates an external host's address, and rejects invalid addresses and those in the mesh", async () => {
        const at = (source: string, destination: string, address: string) =>
            run(source, destination, "--address", address, "--rendered", folder);
        assert.equal((await at("video", "api.fastly.com", "203.0.113.7")).status, 0);
        const inside = await at("video", "api.fastly.com", "10.96.128.7");
        assert.equal(inside.status, 1);
        assert.match(inside.out, /allows TCP 443 to 10\.96\.128\.7/);
        assert.match((await at("video", "api.fastly.com", "10.0.0")).out, /not an IPv4 address/);
        const service = await at("api-gateway", "alerts", "10.0.0.1");
        assert.equal(service.status, 2);
        assert.match(service.out, /alerts is in the mesh/);
    }).timeout(120_000);
});
