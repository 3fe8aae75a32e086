/** Attacks by headers, trailers, paths, upgrades and hosts of a client with a token. */
import assert from "node:assert/strict";
import type { Field } from "../../support/envoy/http2";
import { ACME, type Attempt, GRPC, HOST, TRAILERS, api, bearer } from "./oracle";
import { type Target, holds } from "./target";

/** Declares the tests. */
export function attackByRequests(target: () => Target): void {
    it("no header of a client names a tenant", async () => {
        const names = [
            ...["x-tenant", "X-Tenant", "X-TENANT", "x_tenant", "X_Tenant", "HTTP_X_TENANT", "http-x-tenant"],
            ...[
                "x.tenant",
                "x--tenant",
                "x-tenant-",
                "x-roles",
                "x_roles",
                "x_plan",
                "x_subject",
                "x-sparc-token-tenant",
            ],
        ];
        const values = ["globex", "acme", "", "acme,globex"];
        const attempts = names.flatMap((name) =>
            values.flatMap((value): Attempt[] => [
                api(`${name}: ${value}`, {
                    fields: [bearer(ACME), [name, value]],
                    token: ACME,
                    tenant: "acme",
                }),
                api(`${name}: ${value}, twice`, {
                    fields: [[name, value], bearer(ACME), [name, "globex"]],
                    token: ACME,
                    tenant: "acme",
                }),
                {
                    what: `${name}: ${value}, without a token`,
                    host: HOST.open,
                    path: "/login",
                    fields: [[name, value]],
                },
            ]),
        );
        await holds(target(), attempts, attempts.length);
    });

    it("no trailer of a client arrives, over HTTP/1.1, HTTP/2 and gRPC", async () => {
        const attempt = { method: "POST", trailers: TRAILERS };
        const withToken = api("with a token", {
            ...{ ...attempt, fields: [bearer(ACME)] },
            ...{ token: ACME, tenant: "acme" },
        });
        const withoutToken = {
            ...{ what: "without a token", host: HOST.open, path: "/login", fields: [] },
            ...attempt,
        };
        const grpc = {
            ...{ what: "gRPC", host: HOST.push, path: "/sparc.ingest.v1.Ingest/Push", token: "none" },
            ...{ ...attempt, fields: GRPC },
        };
        await holds(target(), [withToken], 2);
        await holds(target(), [withoutToken], 2);
        await holds(target(), [grpc], 1, ["HTTP/2"]);
    });

    it("a path names no other tenant, in any spelling", async () => {
        const at = (host: string, heads: readonly string[], paths: readonly string[]) =>
            heads.flatMap((head) =>
                paths.map((rest) => ({
                    ...api(`${head}${rest}`, { host, path: `${head}${rest}`, fields: [bearer(ACME)] }),
                    ...{ token: ACME, tenant: "acme" },
                })),
            );
        const spelled = [
            ...["globex", "globex/", "globex/x", "GLOBEX", "%67lobex", "g%6Cobex/x", "globe%78", "globex%20"],
            ...[
                "acme/../globex",
                "acme/%2e%2e/globex",
                "acme/..;/globex",
                "acme/.%2e;/globex",
                "acme%2f..%2fglobex",
            ],
            ...[
                "acme//globex",
                "acme;x=globex",
                "acme%3bglobex",
                "acme%00globex",
                "acme%0aglobex",
                "acme%252f..%252fglobex",
            ],
            ...["acme%09", "acme%c2%a0", "acme%e3%80%80", "acme%e2%80%8b", "%ef%bb%bfacme", "acme%c2%ad"],
            ...[
                "./globex",
                "../tenants/globex",
                "acme\\..\\globex",
                "acme%5c..%5cglobex",
                "%2e/globex",
                "acme/./../globex",
            ],
            ...["{tenant}", "*", "globex?x=acme", "acme#/../globex", "acme?/../globex", "%61cme", "acm%65"],
        ];
        const heads = {
            [HOST.api]: [
                "/v1/tenants/",
                "/V1/Tenants/",
                "//v1/tenants/",
                "/v1/%74enants/",
                "/v1/tenants%2f",
                "/v1/./tenants/",
            ],
            [HOST.stream]: ["/hls/", "/HLS/", "/hls//", "/%68ls/", "/x/../hls/", "/hls%2f"],
        };
        const attempts = Object.entries(heads).flatMap(([host, all]) => at(host, all, spelled));
        const good = [
            ...at(HOST.api, ["/v1/tenants/"], ["acme", "acme/x"]),
            ...at(HOST.stream, ["/hls/"], ["acme/s1"]),
        ];
        await holds(target(), [...good, ...attempts], 2 * good.length);
    });

    it("upgrades, CONNECT and a second host change nothing", async () => {
        const other: Field = ["x-tenant", "globex"];
        const mine = { token: ACME, tenant: "acme" };
        const upgrade = (protocol: string): Field[] => [
            ["connection", "Upgrade, x-tenant"],
            ["upgrade", protocol],
            ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
            ["sec-websocket-version", "13"],
            ["http2-settings", "AAMAAABkAARAAAAAAAIAAAAA"],
        ];
        const attempts = [HOST.api, HOST.ws, HOST.stream].flatMap((host) => {
            const path =
                host === HOST.ws ? "/v1/events" : host === HOST.api ? "/v1/tenants/globex" : "/hls/globex/s1";
            return [
                ...["websocket", "h2c", "websocket, h2c", "TLS/1.0"].map((protocol) =>
                    api(`upgrade to ${protocol} at ${host}`, {
                        ...{ ...mine, host, path, fields: [bearer(ACME), other, ...upgrade(protocol)] },
                    }),
                ),
                ...["CONNECT", "TRACE", "TRACK", "PRI", "GET /x HTTP/1.1\r\nx-tenant: globex\r\n\r\nGET"].map(
                    (method) =>
                        api(`${method.slice(0, 7)} at ${host}`, {
                            ...mine,
                            host,
                            path,
                            method,
                            fields: [bearer(ACME), other],
                        }),
                ),
                api(`another host at ${host}`, {
                    ...{ ...mine, host, path, fields: [bearer(ACME), other, ["host", HOST.open]] },
                }),
            ];
        });
        const good = api("a WebSocket", {
            ...{
                ...mine,
                host: HOST.ws,
                path: "/v1/events",
                fields: [bearer(ACME), ...upgrade("websocket").slice(1)],
            },
        });
        const { found } = await target().run(attempts);
        assert.deepEqual(found, []);
        const websocket = { ...good, fields: [["connection", "Upgrade"] as Field, ...good.fields] };
        assert.deepEqual(await target().run([websocket], ["HTTP/1.1"]), { found: [], arrived: 1 });
    });
}
