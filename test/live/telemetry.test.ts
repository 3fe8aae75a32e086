/** Telemetry of real requests: metrics and access logs. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { serviceHost } from "../../components/base/names";
import type { Sign } from "../../cli/verify";
import { loadStackFile } from "../../config/load";
import { CHECKOUT } from "./checkout";
import { Deployment, type ProbeResult } from "./deployment";
import { eventually } from "./eventually";
import { query, valueOf } from "./prometheus";
import { bearer, signerOf } from "./tokens";

const OTHERS = 10_000;

interface Line {
    readonly tenant: string | null;
    readonly path: string;
    readonly status: number;
    readonly flags: string;
    readonly caller: string;
    readonly milliseconds: number;
    readonly request: string;
}

describe("telemetry on the local cluster", function () {
    this.timeout(900_000);
    let node: Deployment;
    let sign: Sign;

    /** The tenant headers that a service propagates. */
    function as(tenant: string): Record<string, string> {
        return tenant === "none" ? {} : { "x-tenant": tenant, ...bearer(sign, { tenant }) };
    }

    async function send(
        host: string,
        requests: readonly { path: string; method?: string; headers?: Readonly<Record<string, string>> }[],
    ): Promise<ProbeResult[]> {
        const address = `${serviceHost(host)}:8080`;
        return await node.probe(
            "api-gateway",
            requests.map((one) => ({ address, timeoutMs: 30_000, ...one })),
            16,
        );
    }

    function times<T>(count: number, one: (index: number) => T): T[] {
        return Array.from({ length: count }, (_, index) => one(index));
    }

    /** Asserts the increase of each expression by `act`, once Prometheus has scraped the proxies' counters. */
    async function assertRise(
        expected: Readonly<Record<string, number>>,
        act: () => Promise<unknown>,
    ): Promise<void> {
        const all = () => Promise.all(Object.keys(expected).map((expression) => valueOf(node, expression)));
        const before = await all();
        await act();
        await eventually(async () => {
            const rises = (await all()).map((value, index) => value - (before[index] ?? 0));
            assert.deepEqual(rises, Object.values(expected));
        });
    }

    before(async () => {
        node = await Deployment.of();
        sign = await signerOf(loadStackFile("local", CHECKOUT).edge.issuers[0]);
        await eventually(async () => {
            const down = await query(node, "up == 0");
            assert.deepEqual(
                down.map(({ metric }) => `${metric["job"]} ${metric["pod"] ?? metric["instance"]}`),
                [],
            );
            assert.ok((await valueOf(node, 'count(up{job="mesh-proxies"})')) > 30);
        });
    });

    describe("the metrics of requests", () => {
        const call =
            'source_workload="api-gateway",source_workload_namespace="sparc",destination_workload="recordings",' +
            'destination_workload_namespace="sparc",destination_service_name="recordings",' +
            'destination_service="recordings.sparc.svc.cluster.local",destination_service_namespace="sparc"';
        const sum = (labels: string) => `sum(istio_requests_total{${call},${labels}})`;

        it("are Istio's, at the caller and the callee", async () => {
            const ok = 'response_code="200",response_flags="-",request_protocol="http"';
            const durations = (suffix: string, labels: string) =>
                `sum(istio_request_duration_milliseconds_${suffix}{${call},response_code="200",${labels}})`;
            await assertRise(
                {
                    [sum(`reporter="source",connection_security_policy="unknown",${ok}`)]: 50,
                    [sum(`reporter="destination",connection_security_policy="mutual_tls",${ok}`)]: 50,
                    [durations("count", 'reporter="destination"')]: 50,
                    [durations("bucket", 'reporter="source",le="+Inf"')]: 50,
                    [sum('reporter="destination",response_code="503"')]: 4,
                },
                async () => {
                    await send(
                        "recordings",
                        times(50, () => ({ path: "/v1/recordings" })),
                    );
                    const failing = { method: "POST", path: "/v1/recordings/7/exports?status=503" };
                    await send(
                        "recordings",
                        times(4, () => failing),
                    );
                },
            );
        });

        it("distinguish read-only requests from others, and classify paths", async () => {
            await assertRise(
                {
                    [sum('reporter="destination",method_class="read",path_class="/v1/recordings"')]: 9,
                    [sum('reporter="destination",method_class="write",path_class="/v1/recordings"')]: 6,
                    [sum('reporter="destination",path_class="other",response_code="403"')]: 3,
                },
                async () => {
                    await send(
                        "recordings",
                        times(9, (index) => ({ path: `/v1/recordings/${index}` })),
                    );
                    const exported = (index: number) => ({
                        method: "POST",
                        path: `/v1/recordings/${index}/exports`,
                    });
                    await send("recordings", times(6, exported));
                    await send(
                        "recordings",
                        times(3, (index) => ({ path: `/v1/nothing/${index}` })),
                    );
                },
            );
        });

        it("also cover gRPC, TCP and the gateways", async () => {
            const present = async (series: string) => {
                assert.ok((await valueOf(node, `count(${series})`)) > 0, series);
            };
            await node.probe("api-gateway", [
                {
                    protocol: "grpc",
                    address: `${serviceHost("auth")}:9090`,
                    method: "/sparc.auth.v1.Auth/Check",
                },
            ]);
            await eventually(async () => {
                await present('istio_requests_total{request_protocol="grpc",destination_workload="auth"}');
            });
        });

        it("have one label value for each listed tenant, and one for 10,000 others", async () => {
            const of = (tenant: string) => sum(`reporter="destination",tenant="${tenant}"`);
            const tenants = ["acme", "globex", "initech", "none"] as const;
            const series = `count(istio_requests_total{${call}})`;
            // Afterwards each series exists, at the caller and the callee.
            await assertRise({ [sum('reporter="source"')]: 5, [sum('reporter="destination"')]: 5 }, () =>
                send(
                    "recordings",
                    [...tenants, "unlisted"].map((tenant) => ({
                        path: "/v1/recordings",
                        headers: as(tenant),
                    })),
                ),
            );
            const before = await valueOf(node, series);
            const expected = { acme: 1, globex: 1, initech: 1, none: 1, other: OTHERS };
            const rises = Object.entries(expected).map(([tenant, rise]) => [of(tenant), rise] as const);
            await assertRise(Object.fromEntries(rises), async () => {
                const others = times(OTHERS, (index) => ({
                    path: "/v1/recordings",
                    headers: as(`tenant-${index}`),
                }));
                await send("recordings", [
                    ...others,
                    ...tenants.map((tenant, index) => ({
                        path: `/v1/recordings/${index}`,
                        headers: as(tenant),
                    })),
                ]);
            });
            assert.equal(await valueOf(node, series), before);
            const byTenant = await query(node, "count(istio_requests_total) by (tenant)");
            const known = new Set(["acme", "globex", "initech", "none", "other", undefined]);
            assert.deepEqual(
                byTenant.filter(({ metric }) => !known.has(metric["tenant"])),
                [],
            );
            process.stdout.write(
                `      ${before} series of these requests, before and after ${OTHERS} unlisted tenants; ` +
                    `${await valueOf(node, 'prometheus_tsdb_head_series or count({__name__=~".+"})')} in total\n`,
            );
        });
    });

    describe("the access log", () => {
        async function linesSince(service: string, since: string): Promise<Line[]> {
            const text = await node.kubectl([
                ...["logs", "--namespace", "sparc", `deployment/${service}`, "--container", "istio-proxy"],
                ...["--since-time", since],
            ]);
            return text
                .split("\n")
                .filter((line) => line.startsWith("{") && line.includes('"milliseconds"'))
                .map((line) => JSON.parse(line) as Line);
        }

        it("contains exactly failed and slow requests", async () => {
            await pause(2_000);
            const since = new Date().toISOString();
            const headers = as("acme");
            await send("recordings", [
                ...times(200, () => ({ path: "/v1/recordings" })),
                ...times(5, () => ({
                    method: "POST",
                    path: "/v1/recordings/7/exports?status=503&why=secret",
                    headers,
                })),
                ...times(3, () => ({ path: "/v1/recordings?delay=400ms", headers })),
                ...times(2, () => ({ path: "/v1/nothing" })),
            ]);
            await eventually(async () => {
                const lines = await linesSince("recordings", since);
                const counts: Record<string, number> = {};
                for (const { status, path, tenant } of lines) {
                    const key = `${status} ${path} ${String(tenant)}`;
                    counts[key] = (counts[key] ?? 0) + 1;
                }
                assert.deepEqual(counts, {
                    "503 /v1/recordings/7/exports acme": 5,
                    "200 /v1/recordings acme": 3,
                    "403 /v1/nothing null": 2,
                });
                for (const line of lines) {
                    assert.equal(line.caller, "spiffe://cluster.local/ns/sparc/sa/api-gateway");
                    assert.match(line.flags, /^(-|[A-Z,]+)$/);
                    assert.match(line.request, /^[0-9a-f-]{36}$/);
                }
            });
            assert.deepEqual(await linesSince("api-gateway", since), []);
        });

        it("contains, at the caller, a call without a destination", async () => {
            const since = new Date().toISOString();
            await node.probe("api-gateway", [
                { address: "nowhere.example.com:8080", host: "nowhere.example.com" },
            ]);
            await send("recordings", [{ path: "/v1/recordings?delay=20s" }]);
            await eventually(async () => {
                const lines = await linesSince("api-gateway", since);
                assert.ok(
                    lines.some(({ status, flags }) => status === 504 && flags.includes("UT")),
                    JSON.stringify(lines),
                );
            });
        });
    });
});
