import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { checkCatalogue } from "../../catalogue/check";
import type { Inventory } from "../../cli/inventory/inventory";
import { toMarkdown, toTypeScript } from "../../cli/inventory/report";
import { requireConsul, type RunningConsul, startConsul } from "../support/consul";
import { leavesOf } from "./leaves";
import { EXPECTED_CATALOGUE, FACTS } from "./facts";
import { plant } from "./planted";
import { readInventory as read } from "./read";

const run = promisify(execFile);
const MESH = join(__dirname, "../../cli/bin/mesh.js");

interface RawInstance {
    readonly Node: { readonly Node: string; readonly Address: string };
    readonly Service: { readonly ID: string };
}

describe("mesh inventory consul, with a real Consul", function () {
    this.timeout(240_000);
    let program: string;
    let consul: RunningConsul;
    let stop: (() => Promise<void>) | undefined;
    let inventory: Inventory;

    before(async function () {
        program = await requireConsul(this);
        consul = await startConsul(program);
        stop = consul.stop;
        await plant(consul);
        inventory = await read(consul.url);
    });
    after(async () => {
        await stop?.();
    });

    it("accounts for every planted fact in one item, with the right outcome", () => {
        const wrong = FACTS.flatMap((fact) => {
            const items = inventory.report.items.filter(
                ({ kind, object, fields }) =>
                    kind === fact.kind &&
                    (object === fact.object || (kind === "session" && fact.object === "*")) &&
                    fields.includes(fact.field),
            );
            const [item] = items;
            const isRight =
                items.length === 1 && item?.outcome === fact.outcome && fact.states.test(item.detail);
            return isRight ? [] : [{ fact, items }];
        });
        assert.ok(FACTS.length >= 40);
        assert.deepEqual(wrong, []);
    });

    it("invents no object: each one in the report is planted, or belongs to the server", () => {
        const planted = new Set(FACTS.map(({ kind, object }) => `${kind} ${object}`));
        const known = [
            ...[
                "instance vm-2/users-2",
                "instance vm-1/web-1",
                "instance vm-1/billing-1",
                "instance vm-1/legacy-1",
            ],
            ...[
                "instance vm-3/legacy-3",
                "instance vm-1/worker-1",
                "instance vm-1/exporter-1",
                "instance pay/payments-api",
            ],
            ...[
                "instance host/mainframe",
                "instance server-dc1/consul",
                "check vm-3/users-http-3",
                "node vm-2",
                "node vm-3",
            ],
            ...[
                "node pay",
                "node host",
                "node server-dc1",
                "service web",
                "service billing",
                "service native",
            ],
            ...[
                "service-defaults billing",
                "service-defaults payments-api",
                "service-defaults old-users",
                "service-intentions native",
            ],
        ];
        const invented = inventory.report.items.filter(
            ({ kind, object }) =>
                kind !== "session" &&
                kind !== "api-usage" &&
                !planted.has(`${kind} ${object}`) &&
                !known.includes(`${kind} ${object}`),
        );
        assert.deepEqual(invented, []);
    });

    it("accounts for every field that Consul returns, in exactly one item", async () => {
        const paths = [
            "service-defaults",
            "proxy-defaults",
            "service-router",
            "service-splitter",
            "service-resolver",
        ];
        const more = [
            "service-intentions",
            "ingress-gateway",
            "terminating-gateway",
            "mesh",
            "exported-services",
        ];
        for (const kind of [...paths, ...more]) {
            for (const raw of (await consul.get(`/v1/config/${kind}`)) as { Name?: string }[])
                assert.deepEqual(
                    accountedFor(kind, raw.Name ?? kind),
                    leavesOf(raw),
                    `${kind} ${raw.Name ?? ""}`,
                );
        }
        for (const raw of (await consul.get("/v1/catalog/nodes")) as { Node: string }[])
            assert.deepEqual(accountedFor("node", raw.Node), leavesOf(raw));
        for (const raw of (await consul.get("/v1/health/state/any")) as { Node: string; CheckID: string }[])
            assert.deepEqual(accountedFor("check", `${raw.Node}/${raw.CheckID}`), leavesOf(raw));
        for (const service of Object.keys((await consul.get("/v1/catalog/services")) as object))
            for (const raw of (await consul.get(`/v1/health/service/${service}`)) as RawInstance[]) {
                const { Node, Service } = raw;
                const expected = leavesOf({ ...Service, Node: Node.Node, NodeAddress: Node.Address });
                assert.deepEqual(accountedFor("instance", `${Node.Node}/${Service.ID}`), expected);
            }
        const { items, fields } = inventory.report;
        assert.equal(
            items.reduce((sum, item) => sum + item.fields.length, 0),
            fields,
        );
    });

    function accountedFor(kind: string, object: string): string[] {
        const items = inventory.report.items.filter((item) => item.kind === kind && item.object === object);
        return items.flatMap(({ fields }) => fields).sort();
    }

    it("drafts a valid catalogue that equals what was planted", () => {
        assert.deepEqual(checkCatalogue(inventory.catalogue), []);
        const services = Object.fromEntries(
            Object.entries(inventory.catalogue.services).map(([name, { ports, calls }]) => [
                name,
                { port: Object.values(ports)[0], calls },
            ]),
        );
        assert.deepEqual(services, EXPECTED_CATALOGUE.services);
        const external = Object.entries(inventory.catalogue.external).map(([name, { hosts }]) => [
            name,
            hosts,
        ]);
        assert.deepEqual(Object.fromEntries(external), EXPECTED_CATALOGUE.external);
        const { users } = inventory.catalogue.services;
        assert.deepEqual([users?.minReplicas, users?.concurrency], [2, 250]);
        assert.deepEqual(users?.loadBalancing, { policy: "consistent-hash", header: "x-user-id" });
    });

    it("is complete, and prints neither values of keys nor tokens", () => {
        assert.deepEqual(inventory.report.unread, []);
        const text = JSON.stringify(inventory) + toMarkdown(inventory.report);
        assert.ok(
            !text.includes("secret-value") && !text.includes(Buffer.from("secret-value").toString("base64")),
        );
    });

    it("drafts TypeScript that type-checks next to the catalogue's model", () => {
        const text = toTypeScript(inventory.catalogue);
        const place = (name: string): string => join(__dirname, "../../catalogue", name);
        const files = new Map([
            [place("draft.ts"), text],
            [place("wrong-draft.ts"), text.replace('"timeout": "5s"', '"timeout": "soon"')],
        ]);
        const options = {
            ...{ strict: true, noEmit: true, skipLibCheck: true, exactOptionalPropertyTypes: true },
            ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
            ...{ target: ts.ScriptTarget.ES2022, types: [] },
        };
        const disk = ts.createCompilerHost(options);
        const host: ts.CompilerHost = {
            ...disk,
            readFile: (name) => files.get(name) ?? disk.readFile(name),
            fileExists: (name) => files.has(name) || disk.fileExists(name),
            // The host of the disk would read files without the ones above.
            getSourceFile: (name, version) => {
                const text = files.get(name);
                return text === undefined
                    ? disk.getSourceFile(name, version)
                    : ts.createSourceFile(name, text, version);
            },
        };
        const program = ts.createProgram([...files.keys()], options, host);
        const [ofDraft = [], ofWrongDraft = []] = [...files.keys()].map((file) => {
            const source = program.getSourceFile(file);
            const all = [
                ...program.getSyntacticDiagnostics(source),
                ...program.getSemanticDiagnostics(source),
            ];
            return all.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
        });
        assert.deepEqual(ofDraft, []);
        assert.match(ofWrongDraft.join("\n"), /"soon"/);
    });

    it("writes a draft that compares equal to itself, and differs from this checkout's catalogue", async () => {
        const out = mkdtempSync(join(tmpdir(), "inventory-"));
        const command = (...args: string[]) =>
            run("node", [MESH, "inventory", "consul", "--url", consul.url, ...args], { maxBuffer: 1e8 });
        try {
            await command("--out", out);
            const draft = join(out, "catalogue.json");
            assert.deepEqual(JSON.parse(readFileSync(draft, "utf8")), inventory.catalogue);
            const { stdout } = await command("--compare", draft);
            assert.match(stdout, /agree on services, ports, calls/);
            const changed = join(out, "changed.json");
            writeFileSync(
                changed,
                readFileSync(draft, "utf8").replaceAll("POST /v1/report", "PUT /v1/report"),
            );
            const unlike = command("--compare", changed);
            await assert.rejects(unlike, (error: { code: number; stdout: string }) => {
                assert.match(error.stdout, /missing: services\.web\.calls → users: .*POST \/v1\/report/);
                assert.match(error.stdout, /unused: services\.web\.calls → users: .*PUT \/v1\/report/);
                return error.code === 1;
            });
            const other = command("--compare");
            await assert.rejects(other, (error: { code: number; stdout: string }) => {
                assert.match(error.stdout, /missing: services\.legacy-app: .*no such service/);
                assert.match(
                    error.stdout,
                    /different: services\.users\.ports: .*8080, the catalogue has 9090/,
                );
                return error.code === 1;
            });
        } finally {
            rmSync(out, { recursive: true });
        }
    });
});
