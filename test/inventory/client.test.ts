import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { consulSettings } from "../../cli/inventory/consul/settings";
import { inventoryConsul } from "../../cli/inventory/inventory";
import type { InventoryReport } from "../../cli/inventory/model";

type Handler = (path: string, response: ServerResponse, request: IncomingMessage) => void;

/** Responds as a Consul without ACLs and with one service; `handler` first. */
function respond(handler: Handler): (request: IncomingMessage, response: ServerResponse) => void {
    const bodies: Readonly<Record<string, unknown>> = {
        "/v1/status/leader": "127.0.0.1:8300",
        "/v1/catalog/datacenters": ["dc1"],
        "/v1/agent/self": { Config: { Datacenter: "dc1" } },
        "/v1/agent/metrics": {
            Samples: [
                { Name: "consul.api.http", Count: 4, Labels: { method: "GET", path: "v1_health_service_" } },
            ],
        },
        "/v1/catalog/services": { users: [] },
        "/v1/health/service/users": [
            {
                Node: { Node: "n", Address: "10.0.0.1" },
                Service: { ID: "users", Service: "users", Port: 80 },
            },
        ],
    };
    return (request, response) => {
        const path = new URL(request.url ?? "", "http://consul").pathname;
        handler(path, response, request);
        if (response.writableEnded || response.headersSent) return;
        if (path === "/v1/kv/") response.statusCode = 404;
        if (path === "/v1/acl/tokens") response.statusCode = 401;
        response.end(JSON.stringify(bodies[path] ?? []));
    };
}

describe("mesh inventory consul, when Consul is not well", function () {
    this.timeout(60_000);
    const servers: Server[] = [];

    async function serve(handler: Handler): Promise<string> {
        const server = createServer(respond(handler));
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }
    afterEach(() => {
        for (const server of servers.splice(0)) {
            server.closeAllConnections();
            server.close();
        }
    });

    async function read(
        url: string,
        timeoutMs = 55_000,
        env: Record<string, string> = {},
    ): Promise<InventoryReport> {
        return (await inventoryConsul(consulSettings(url, env), { datacenters: [], timeoutMs })).report;
    }

    it("sends nothing but GET, with the token of the environment", async () => {
        const seen = new Set<string>();
        const url = await serve((_path, _response, { method, headers }) => {
            seen.add(`${method ?? ""} ${String(headers["x-consul-token"])}`);
        });
        const report = await read(url, 55_000, { CONSUL_HTTP_TOKEN: "secret" });
        assert.deepEqual([...seen], ["GET secret"]);
        assert.deepEqual(report.unread, []);
        assert.ok(report.items.some(({ kind, outcome }) => kind === "api-usage" && outcome === "by-hand"));
        assert.ok(!JSON.stringify(report).includes("secret"));
    });

    const policies = [
        { title: "denies by default_intention_policy, without ACLs", policy: "deny", acls: false, calls: 0 },
        { title: "allows by default_intention_policy, with ACLs", policy: "allow", acls: true, calls: 1 },
        { title: "allows without both", policy: "", acls: false, calls: 1 },
        { title: "denies by the ACL default policy", policy: undefined, acls: true, calls: 0 },
    ];
    for (const { title, policy, acls, calls } of policies)
        it(`where no intention matches, ${title}`, async () => {
            const DebugConfig = {
                ...(policy === undefined ? {} : { DefaultIntentionPolicy: policy }),
                ACLsEnabled: acls,
                ACLResolverSettings: { ACLDefaultPolicy: "deny" },
            };
            const Upstreams = [{ DestinationName: "users", LocalBindPort: 9000 }];
            const Proxy = { DestinationServiceName: "web", Upstreams };
            const instances: Readonly<Record<string, object>> = {
                web: { ID: "web", Service: "web", Port: 81 },
                "web-proxy": { ID: "web-proxy", Service: "web-proxy", Kind: "connect-proxy", Port: 1, Proxy },
            };
            const url = await serve((path, response) => {
                const [Service] = Object.entries(instances).flatMap(([name, one]) =>
                    path === `/v1/health/service/${name}` ? [one] : [],
                );
                if (path === "/v1/agent/self")
                    response.end(JSON.stringify({ Config: { Datacenter: "dc1" }, DebugConfig }));
                else if (path === "/v1/catalog/services")
                    response.end(JSON.stringify({ users: [], web: [], "web-proxy": [] }));
                else if (Service !== undefined)
                    response.end(JSON.stringify([{ Node: { Node: "n", Address: "10.0.0.1" }, Service }]));
            });
            const { catalogue } = await inventoryConsul(consulSettings(url, {}), {
                datacenters: [],
                timeoutMs: 55_000,
            });
            assert.equal(catalogue.services["web"]?.calls?.length, calls);
        });

    it("fails with one error if nothing listens, or there is no leader", async () => {
        await assert.rejects(
            read("http://127.0.0.1:1"),
            /Consul cannot be read: .*ECONNREFUSED.* Check --url/,
        );
        const url = await serve((path, response) => {
            if (path === "/v1/status/leader") response.end('""');
        });
        await assert.rejects(read(url), /the cluster has no leader/);
    });

    it("fails if the server is not Consul", async () => {
        const url = await serve((_path, response) => response.end("<html>"));
        await assert.rejects(read(url), /not a response of Consul/);
    });

    it("reports what it could not read for each kind, with the reason", async () => {
        const url = await serve((path, response) => {
            const status = { "/v1/config/service-router": 403, "/v1/query": 500, "/v1/peerings": 400 }[path];
            if (path === "/v1/config/jwt-provider") {
                response.statusCode = 500;
                response.end("invalid config entry kind: jwt-provider");
            }
            if (status === undefined) return;
            response.statusCode = status;
            response.end("rpc error: broken");
        });
        const { unread, isComplete, items } = await read(url);
        assert.equal(isComplete, false);
        assert.deepEqual(unread.map(({ what, reason }) => `${what}: ${reason}`).sort(), [
            "peerings: status 400: rpc error: broken",
            "prepared queries: status 500: rpc error: broken",
            "service-router: status 403: rpc error: broken",
        ]);
        assert.ok(items.some(({ kind, object }) => kind === "service" && object === "users"));
    });

    it("repeats a request that failed once", async () => {
        let failures = 0;
        const url = await serve((path, response) => {
            if (path !== "/v1/catalog/nodes" || failures > 0) return;
            failures += 1;
            response.statusCode = 500;
            response.end();
        });
        assert.deepEqual((await read(url)).unread, []);
        assert.equal(failures, 1);
    });

    it("reports a malformed response", async () => {
        const url = await serve((path, response) => {
            if (path === "/v1/session/list") response.end('[{"Name": "no ID"}]');
        });
        const { unread } = await read(url);
        assert.match(unread[0]?.reason ?? "", /not a response of Consul: 0\.ID/);
    });

    it("stops at the time limit, and reports how much is missing", async () => {
        const names = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`service-${index}`, []]));
        const url = await serve((path, response) => {
            if (path === "/v1/catalog/services") response.end(JSON.stringify(names));
            if (path.startsWith("/v1/health/service/")) {
                response.writeHead(200);
                setTimeout(() => response.end("[]"), 200);
            }
        });
        const begun = Date.now();
        const { unread } = await read(url, 2000);
        assert.ok(Date.now() - begun < 10_000);
        const instances = unread.find(({ what }) => what.startsWith("instances of"));
        assert.match(
            instances?.what ?? "",
            /^instances of \d+ of 500 services \(service-\d+(, service-\d+)*(, …)?\)$/,
        );
    });
});

describe("the settings of mesh inventory consul", () => {
    it("lists all problems at once", () => {
        const env = { CONSUL_CACERT: "/missing/ca.pem", CONSUL_CLIENT_KEY: "/missing/key.pem" };
        assert.throws(
            () => consulSettings("ftp://consul", env),
            (error: Error) => {
                assert.match(error.message, /--url: "ftp:\/\/consul" is not an http or https URL/);
                assert.match(error.message, /CONSUL_CACERT: \/missing\/ca\.pem cannot be read/);
                assert.match(error.message, /CONSUL_CLIENT_KEY: \/missing\/key\.pem cannot be read/);
                return true;
            },
        );
    });

    it("rejects a missing address, credentials in it, and half a client certificate", () => {
        assert.throws(() => consulSettings(undefined, {}), /pass --url/);
        assert.throws(
            () => consulSettings("https://user:secret@consul:8501", {}),
            (error: Error) => {
                assert.match(error.message, /the token is CONSUL_HTTP_TOKEN/);
                return !error.message.includes("secret");
            },
        );
        const folder = mkdtempSync(join(tmpdir(), "inventory-"));
        try {
            const file = join(folder, "client.pem");
            writeFileSync(file, "certificate");
            const env = { CONSUL_CLIENT_CERT: file };
            assert.throws(
                () => consulSettings("https://consul:8501", env),
                /CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY, or neither/,
            );
            const pair = { ...env, CONSUL_CLIENT_KEY: file };
            assert.throws(() => consulSettings("http://consul:8500", pair), /plain HTTP.*use https/);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });

    it("reads the address and the token as Consul's CLI does", () => {
        const { url, token } = consulSettings(undefined, {
            CONSUL_HTTP_ADDR: "consul:8501",
            CONSUL_HTTP_SSL: "true",
            CONSUL_HTTP_TOKEN: "t",
        });
        assert.deepEqual([url.origin, token], ["https://consul:8501", "t"]);
    });
});
