import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { consulSettings } from "../../cli/inventory/consul/settings";
import { type Inventory, inventoryConsul } from "../../cli/inventory/inventory";
import type { Item } from "../../cli/inventory/model";
import { requireConsul, type RunningConsul, startConsul } from "../support/consul";
import { readInventory as read } from "./read";

const run = promisify(execFile);

describe("mesh inventory consul, with real clusters of Consul", function () {
    this.timeout(240_000);
    let program: string;
    const running: RunningConsul[] = [];

    async function start(options: Parameters<typeof startConsul>[1] = {}): Promise<RunningConsul> {
        const consul = await startConsul(program, options);
        running.push(consul);
        return consul;
    }

    async function stopAll(): Promise<void> {
        await Promise.all(running.splice(0).map((one) => one.stop()));
    }

    before(async function () {
        program = await requireConsul(this);
    });

    describe("with a second datacenter", () => {
        let consul: RunningConsul;
        let second: RunningConsul;
        before(async () => {
            consul = await start();
            await consul.put("/v1/catalog/register", {
                Node: "vm-1",
                Address: "10.0.0.1",
                Service: { ID: "users", Service: "users", Port: 8080 },
            });
            second = await start({ datacenter: "dc2" });
            const instance = (Service: string): object => ({
                Node: "remote",
                Address: "10.1.0.1",
                Service: { ID: Service, Service, Port: 8080 },
            });
            await second.put("/v1/catalog/register", instance("users"));
            await second.put("/v1/catalog/register", instance("reports"));
            await second.put(`/v1/agent/join/127.0.0.1:${consul.wanPort}?wan=1`, "");
            const deadline = Date.now() + 30_000;
            while (
                ((await consul.get("/v1/catalog/datacenters")) as string[]).length < 2 &&
                Date.now() < deadline
            )
                await new Promise((resolve) => setTimeout(resolve, 200));
        });
        after(async () => {
            await stopAll();
        });

        it("reports what both have, and what only the other one has", async () => {
            const { report, catalogue } = await read(consul.url);
            assert.deepEqual(report.datacenters, ["dc1", "dc2"]);
            const remote = (object: string): Item | undefined =>
                report.items.find(
                    (item) => item.datacenter === "dc2" && item.kind === "service" && item.object === object,
                );
            assert.match(remote("users")?.detail ?? "", /One name in dc1 and dc2/);
            assert.match(remote("reports")?.detail ?? "", /--datacenter dc2/);
            assert.equal(catalogue.services["reports"], undefined);
            const other = await read(consul.url, undefined, ["dc2"]);
            assert.deepEqual(Object.keys(other.catalogue.services), ["reports", "users"]);
        });

        it("rejects an unknown datacenter", async () => {
            await assert.rejects(read(consul.url, undefined, ["dc3"]), /no datacenter dc3\. It has dc1, dc2/);
        });
    });

    describe("with ACLs", () => {
        const MANAGEMENT = "00000000-0000-0000-0000-00000000000a";
        let guarded: RunningConsul;
        before(async () => {
            const acl = { enabled: true, default_policy: "deny", tokens: { initial_management: MANAGEMENT } };
            guarded = await start({ token: MANAGEMENT, config: { acl } });
            await guarded.put("/v1/catalog/register", {
                Node: "vm-1",
                Address: "10.0.0.1",
                Service: { ID: "users", Service: "users", Port: 8080 },
            });
        });
        after(async () => {
            await stopAll();
        });

        it("reports what a token may not read, and never the token", async () => {
            await guarded.put("/v1/acl/policy", {
                Name: "nodes",
                Rules: 'node_prefix "" { policy = "read" }',
            });
            const limited = (await guarded.put("/v1/acl/token", { Policies: [{ Name: "nodes" }] })) as {
                SecretID: string;
            };
            const { report } = await read(guarded.url, limited.SecretID);
            const unread = report.unread.map(({ what, reason }) => `${what}: ${reason}`).join("\n");
            assert.equal(report.isComplete, false);
            assert.match(unread, /ACL tokens: status 403: .*[Pp]ermission denied/);
            assert.match(unread, /services: Consul left out what the token may not read/);
            assert.ok(!JSON.stringify(report).includes(limited.SecretID));
        });

        it("lists tokens of clients without their secrets, and denies calls without an intention", async () => {
            const token = (await guarded.put("/v1/acl/token", { Description: "billing app" })) as {
                SecretID: string;
            };
            const { report } = await read(guarded.url, MANAGEMENT);
            assert.deepEqual(report.unread, []);
            const item = report.items.find(
                ({ kind, detail }) => kind === "acl-token" && detail.includes("billing app"),
            );
            assert.equal(item?.outcome, "by-hand");
            assert.ok(!JSON.stringify(report).includes(token.SecretID));
        });
    });

    it("reports which parts of the API and of DNS clients use", async () => {
        const consul = await start();
        try {
            const deadline = Date.now() + 60_000;
            for (;;) {
                await consul.get("/v1/health/service/users");
                await consul.resolve("users.service.consul").catch(() => undefined);
                const { report } = await read(consul.url);
                const used = report.items
                    .filter(({ kind }) => kind === "api-usage")
                    .map(({ object }) => object);
                if (used.includes("GET v1_health_service_") && used.includes("dns domain_query")) break;
                assert.ok(Date.now() < deadline, used.join(", "));
                await new Promise((resolve) => setTimeout(resolve, 2000));
            }
        } finally {
            await stopAll();
        }
    });

    it("reads over mutual TLS, with the files that the environment names", async () => {
        const folder = mkdtempSync(join(tmpdir(), "inventory-tls-"));
        const consul = async (...args: string[]): Promise<void> => {
            await run(program, ["tls", ...args], { cwd: folder });
        };
        await consul("ca", "create");
        await consul("cert", "create", "-server", "-dc", "dc1");
        await consul("cert", "create", "-client", "-dc", "dc1");
        const file = (name: string): string => join(folder, name);
        const defaults = {
            ca_file: file("consul-agent-ca.pem"),
            cert_file: file("dc1-server-consul-0.pem"),
            key_file: file("dc1-server-consul-0-key.pem"),
            verify_incoming: true,
            verify_outgoing: true,
        };
        const guarded = await start({ config: { tls: { defaults } } });
        try {
            const ca = { CONSUL_CACERT: file("consul-agent-ca.pem") };
            const client = {
                CONSUL_CLIENT_CERT: file("dc1-client-consul-0.pem"),
                CONSUL_CLIENT_KEY: file("dc1-client-consul-0-key.pem"),
            };
            const readWith = (env: Record<string, string>): Promise<Inventory> =>
                inventoryConsul(consulSettings(guarded.httpsUrl, env), {
                    datacenters: [],
                    timeoutMs: 20_000,
                });
            assert.deepEqual((await readWith({ ...ca, ...client })).report.unread, []);
            await assert.rejects(
                readWith(ca),
                /Consul cannot be read: .*(certificate required|ECONNRESET|alert)/,
            );
            await assert.rejects(readWith(client), /Consul cannot be read: .*certificate/);
            const other = { ...ca, ...client, CONSUL_TLS_SERVER_NAME: "consul.example.com" };
            await assert.rejects(readWith(other), /Consul cannot be read: .*does not match/);
        } finally {
            await stopAll();
            rmSync(folder, { recursive: true });
        }
    });

    it("reads 5,000 services in less than a minute", async () => {
        const large = await start();
        try {
            // The agent would remove services of its node that it does not know.
            await large.put("/v1/catalog/register", { Node: "vm-1", Address: "10.0.0.1" });
            for (let start = 0; start < 5000; start += 60) {
                const operations = Array.from({ length: Math.min(60, 5000 - start) }, (_, index) => {
                    const Service = `service-${start + index}`;
                    return {
                        Service: {
                            Verb: "set",
                            Node: "vm-1",
                            Service: { ID: Service, Service, Port: 20_000 },
                        },
                    };
                });
                await large.put("/v1/txn", operations);
            }
            const begun = Date.now();
            const { report, catalogue } = await read(large.url);
            const seconds = (Date.now() - begun) / 1000;
            process.stdout.write(`      5,000 services: ${seconds.toFixed(1)} s\n`);
            assert.deepEqual(report.unread, []);
            assert.equal(Object.keys(catalogue.services).length, 5000);
            assert.ok(seconds < 60);
        } finally {
            await stopAll();
        }
    });
});
