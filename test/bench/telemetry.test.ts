import assert from "node:assert/strict";
import { telemetryText } from "../../bench/telemetry";
import {
    costOf,
    hopsOf,
    latencyOf,
    orderOf,
    percentile,
    type Run,
    type Taken,
    VARIANTS,
} from "../../bench/telemetry/figures";
import { requestsTo, wrongIn } from "../../bench/telemetry/load";
import { plainPod, sidecarOf } from "../../bench/telemetry/pairs";
import { cpuSeconds, residentBytes, usageOf } from "../../bench/telemetry/processes";
import { allocatedIn, isCut, isIstios, logged, seriesIn } from "../../bench/telemetry/proxy";
import { costTable, hopTable } from "../../bench/telemetry/tables";
import { applicable, everything, type Live, off } from "../../bench/telemetry/variants";
import { platform } from "../../catalogue/platform";
import { telemetry } from "../../components/telemetry/telemetry";
import { parseConfig } from "../../config/load";

const TAKEN: Taken = {
    cpuSeconds: 0.5,
    residentBytes: 200 * 2 ** 20,
    allocatedBytes: 20 * 2 ** 20,
    series: 400,
    istioSeries: 50,
    logLines: 10,
    logBytes: 4096,
};

function run(variant: Run["variant"], micros: readonly number[], taken?: Taken): Run {
    return { variant, micros, lateMicros: [50], ...(taken === undefined ? {} : { taken }) };
}

describe("the figures of telemetry and of a hop", () => {
    it("have percentiles by nearest rank, in any order of values", () => {
        const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
        assert.deepEqual(
            [0.5, 0.9, 0.99, 1].map((share) => percentile(hundred, share)),
            [50, 90, 99, 100],
        );
        assert.equal(percentile([7], 0.01), 7);
        assert.throws(() => percentile([], 0.5), /no value/);
    });

    it("pool the requests of all runs of a variant", () => {
        assert.deepEqual(latencyOf([run("off", [1000, 2000]), run("off", [3000])]), {
            p50: 2,
            p90: 3,
            p99: 3,
        });
    });

    it("count what is used up for each 1,000 requests, and what is held as it is", () => {
        const micros = Array.from({ length: 250 }, () => 1);
        const cost = costOf([run("made", micros, TAKEN), run("made", micros, { ...TAKEN, series: 500 })]);
        assert.deepEqual(cost, { ...TAKEN, cpuSeconds: 2, logLines: 40, logBytes: 16384, series: 450 });
        assert.equal(costOf([run("plain", micros)]), undefined);
    });

    it("hold what sidecars add against the aim", () => {
        const runs = [
            run("plain", [500, 1000]),
            run("off", [1400, 2900]),
            run("made", [1600, 2900]),
            run("everything", [1400, 3100]),
        ];
        const hops = hopsOf(runs);
        assert.deepEqual(
            hops.map(({ variant, withinAim }) => [variant, withinAim]),
            // 0.9 and 1.9 ms more; 1.1 at p50; 2.1 at p99.
            [
                ["plain", true],
                ["off", true],
                ["made", false],
                ["everything", false],
            ],
        );
        assert.equal(hops[1]?.ratio.p50, 2.8);
        const table = hopTable(hops);
        assert.match(table, /telemetry off\s+│ 1\.40 \/ 2\.90 \/ 2\.90 ms │ \+0\.90 \/ \+1\.90 .* │ met/);
        assert.match(table, /everything on.*│ missed/);
    });

    it("are shown beside those of the column on the left", () => {
        const table = costTable([
            { variant: "off", cost: { ...TAKEN, logBytes: 0 } },
            { variant: "made", cost: { ...TAKEN, cpuSeconds: 0.6 } },
        ]);
        assert.match(table, /CPU, 1,000 requests\s+│ 0\.500 s\s+│ 0\.600 s \(1\.20 ×\)/);
        assert.match(table, /log, 1,000 requests\s+│ 0\.0 KB\s+│ 4\.0 KB\s+│/);
    });

    it("are not to be believed where the asker was late", () => {
        const report = (lateP99: number) => ({
            ...{ rate: 200, seconds: 60, rounds: 1, loadAverage: 1, hops: [], costs: [] },
            runs: [{ variant: "plain" as const, answered: 1, p50: 1, p90: 1, p99: 1, lateP99 }],
        });
        assert.match(telemetryText(report(3)), /do not believe these figures/);
        assert.doesNotMatch(telemetryText(report(0.2)), /do not believe/);
    });

    it("come of all variants by turns, there and back", () => {
        assert.deepEqual(orderOf(3), [...VARIANTS, ...[...VARIANTS].reverse(), ...VARIANTS]);
    });
});

describe("the load on a hop", () => {
    it("is one of a hundred requests that fails, and some that write", () => {
        const requests = requestsTo("x:1", ({ tenant }) => `token of ${tenant}`) as {
            method: string;
            path: string;
            headers: object;
        }[];
        assert.equal(requests.filter(({ path }) => path.includes("status=503")).length, 1);
        assert.equal(requests.filter(({ method }) => method === "POST").length, 10);
        assert.equal(new Set(requests.map(({ headers }) => JSON.stringify(headers))).size, 5);
    });

    it("is refused where it was not answered as asked", () => {
        const micros = Array.from({ length: 1000 }, () => 1);
        const result = { micros, lateMicros: [], errors: {}, statuses: { "200": 990, "503": 10 } };
        assert.equal(wrongIn(result), undefined);
        assert.match(
            wrongIn({ ...result, statuses: { "200": 960, "503": 10, "403": 30 } }) ?? "",
            /30 of 1000/,
        );
        assert.match(wrongIn({ ...result, errors: { EOF: 5 } }) ?? "", /5 of 1005 .*EOF/);
        assert.match(wrongIn({ ...result, statuses: { "200": 900, "503": 100 } }) ?? "", /not one of 100/);
    });
});

describe("the telemetry of a hop", () => {
    const config = parseConfig("bench", { domain: "mesh.example.com", istio: { stockEnvoy: true } });
    const objects = telemetry.derive({ catalogue: platform, config }).objects as unknown as Live[];
    const live = (kind: string, name: string): Live => {
        const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
        assert.ok(found);
        return found;
    };

    it("is applied without what the server added", () => {
        const made = live("Telemetry", "recordings");
        const metadata = { ...made.metadata, uid: "1", resourceVersion: "2", managedFields: [] };
        assert.deepEqual(applicable({ ...made, metadata, status: {} } as Live), made);
    });

    it("is turned off for the proxies of its service", () => {
        const { spec } = off(live("Telemetry", "recordings"));
        assert.deepEqual(spec["selector"], { matchLabels: { "sparc.dev/service": "recordings" } });
        assert.deepEqual(spec["accessLogging"], [{ providers: [{ name: "mesh-log" }], disabled: true }]);
        assert.equal(spec["metrics"], undefined);
        assert.deepEqual(off(live("EnvoyFilter", "istio-metrics-recordings")).spec["workloadSelector"], {
            labels: { "mesh-bench": "nobody" },
        });
    });

    it("is all that Istio has, and what the program adds, where nothing is trimmed", () => {
        const logs = everything(live("Telemetry", "recordings")).spec["accessLogging"];
        assert.deepEqual(logs, [{ providers: [{ name: "mesh-log" }] }]);
        const printed = JSON.stringify(everything(live("EnvoyFilter", "istio-metrics-recordings")));
        const stats = ["requests_total", "request_duration_milliseconds", "request_bytes", "response_bytes"];
        for (const name of stats) assert.ok(printed.includes(`"name":"${name}"`), name);
        // The count's labels and those of three histograms.
        for (const label of [
            "source_principal",
            "destination_canonical_service",
            "tenant",
            "response_flags",
        ]) {
            assert.equal(printed.split(`"name":"${label}"`).length - 1, 4, label);
        }
    });

    it("of connections stays as it is", () => {
        const made = live("EnvoyFilter", "istio-metrics");
        const patches = (object: Live) => (object.spec["configPatches"] as unknown[]).slice(1);
        assert.deepEqual(patches(everything(made)), patches(made));
    });
});

describe("what pods and proxies say", () => {
    it("is a pod's like without identity and sidecar", () => {
        const spec = {
            containers: [{ name: "stand-in" }],
            serviceAccountName: "auth",
            serviceAccount: "auth",
        };
        const pod = plainPod("auth", { spec: { template: { spec } } }) as Live;
        assert.deepEqual(pod.spec, { containers: spec.containers });
        assert.equal(pod.metadata.labels?.["sidecar.istio.io/inject"], "false");
    });

    it("is the sidecar's container, native or not", () => {
        const status = { name: "istio-proxy", containerID: "containerd://abc" };
        const metadata = { name: "x" };
        assert.equal(sidecarOf({ metadata, status: { initContainerStatuses: [status] } }), "abc");
        assert.equal(sidecarOf({ metadata, status: { containerStatuses: [status] } }), "abc");
        assert.throws(() => sidecarOf({ metadata, status: {} }), /x has no sidecar/);
    });

    it("is CPU and memory of processes, also of one whose name is odd", () => {
        const fields = ["S", ...Array.from({ length: 10 }, () => "0"), "150", "25", "7", "7"];
        assert.equal(cpuSeconds(`12 (en) voy (x) ${fields.join(" ")}`), 1.75);
        assert.equal(residentBytes("Name:\tenvoy\nVmHWM:\t  99 kB\nVmRSS:\t  20 kB\n"), 20480);
    });

    it("is nothing of a container that is elsewhere", async () => {
        await assert.rejects(usageOf("no-such-container"), /must be the embedded one/);
    });

    it("is series, and those of Istio's metrics", () => {
        const page = [
            "warn something of the agent {} 1",
            "# TYPE envoy_istio_requests_total counter",
            'envoy_istio_requests_total{tenant="a b"} 4',
            'envoy_cluster_upstream_cx_total{cluster_name="x"} 1',
            "envoy_server_live{} 1",
            "",
        ].join("\n");
        assert.equal(seriesIn(page).length, 3);
        assert.equal(seriesIn(page).filter(isIstios).length, 1);
    });

    it("has allocated what Envoy says, whatever its agent logs before", () => {
        const page =
            '2026-11-30T01:10:24Z\twarn\tno CA of the system\n{\n "allocated": "14244400",\n "heap_size": "2"\n}\n';
        assert.equal(allocatedIn(page), 14_244_400);
    });

    it("is whole where both proxies log every request", () => {
        assert.ok(!isCut(2000, 1000));
        assert.ok(!isCut(1985, 1000));
        assert.ok(isCut(1200, 1000));
    });

    it("is a line for each logged request, in bytes", () => {
        const line = '{"path":"/ü","milliseconds":3}';
        assert.deepEqual(logged(`info agent\n${line}\n{"level":"info"}\n${line}\n`), {
            logLines: 2,
            logBytes: 2 * (line.length + 1 + 1),
        });
    });
});
