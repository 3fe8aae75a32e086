import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "../../catalogue/platform";
import { type Explanation, explain } from "../../cli/explain/explain";
import { toText } from "../../cli/explain/report/text";
import { readRendered } from "../../cli/explain/world/read";
import { World } from "../../cli/explain/world/world";
import { renderFiles } from "../../cli/render/files";
import { writeFiles } from "../../cli/render/write";
import type { Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { config, worldOf } from "./questions";

const MESH = join(__dirname, "..", "..", "cli", "bin", "mesh.js");
const host = "alerts.sparc.svc.cluster.local";
const metadata = { name: "alerts", namespace: "sparc" };

const routes = (http: object[]): Manifest => ({
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata,
    spec: { hosts: ["alerts"], http },
});
const toAlerts = (rest: object = {}) => ({
    route: [{ destination: { host, port: { number: 8080 }, ...rest } }],
});
const rule: Manifest = {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata,
    spec: {
        host: "alerts",
        trafficPolicy: {
            connectionPool: { tcp: { maxConnections: 7 } },
            loadBalancer: { simple: "ROUND_ROBIN" },
        },
        subsets: [
            {
                name: "v2",
                labels: { version: "v2" },
                trafficPolicy: { connectionPool: { tcp: { maxConnections: 9 } } },
            },
        ],
    },
};
const ask = { source: "api-gateway", destination: "alerts", port: "http", path: "/v1/alerts" };

function answer(added: Manifest[], asked: Partial<typeof ask & { headers: string[] }> = {}): Explanation {
    // Whatever the program itself says of how calls travel makes place for what the test says.
    const change = (objects: readonly Manifest[]) => [
        ...objects.filter(
            ({ kind, metadata: { name } }) =>
                name !== "alerts" || !["VirtualService", "DestinationRule"].includes(kind),
        ),
        ...added,
    ];
    const [first] = explain(worldOf(platform, change), platform, { ...ask, ...asked });
    return first!;
}

describe("mesh explain, of how a call travels", () => {
    const http = [
        {
            name: "canary",
            match: [{ headers: { "x-canary": { exact: "1" } } }],
            ...toAlerts({ subset: "v2" }),
        },
        {
            name: "api-gateway-reads",
            match: [
                {
                    sourceLabels: { "sparc.dev/service": "api-gateway" },
                    method: { exact: "GET" },
                    uri: { regex: "/v1/alerts(/[^/]+)?" },
                },
            ],
            ...toAlerts(),
            timeout: "3s",
            retries: { attempts: 1, perTryTimeout: "1500ms", retryOn: "reset" },
        },
        { name: "rest", ...toAlerts(), timeout: "15s", retries: { attempts: 0 } },
    ];

    it("takes the first route that matches, with its timeout, retries and breaker", () => {
        const { verdict } = answer([routes(http), rule]);
        assert.ok(verdict.allowed);
        assert.equal(verdict.travel.timeout, "3s");
        assert.equal(verdict.travel.retries, "up to 1, each within 1500ms, on reset");
        assert.equal(verdict.travel.breaker, "maxConnections 7");
        assert.equal(verdict.travel.loadBalancing, "simple ROUND_ROBIN");
        assert.deepEqual(verdict.steps.find(({ layer }) => layer === "VirtualService")?.objects, [
            "sparc/VirtualService/alerts",
        ]);
    });

    it("reads source labels and methods: everybody else takes the last route", () => {
        const { verdict } = answer([routes(http), rule], { source: "rules" });
        assert.deepEqual([verdict.travel.timeout, verdict.travel.retries], ["15s", "none"]);
    });

    it("reads as Istio does that a match which names gateways is for every caller", () => {
        const [, reads] = http;
        const match = reads?.match?.map((one) => ({ ...one, gateways: ["mesh"] }));
        const { verdict } = answer([routes([{ ...reads, match }, ...http.slice(2)]), rule], {
            source: "rules",
        });
        assert.equal(verdict.travel.timeout, "3s");
    });

    it("takes headers that are given, and a subset's settings", () => {
        const { verdict } = answer([routes(http), rule], { headers: ["X-Canary: 1"] });
        assert.deepEqual(
            [verdict.travel.destinations, verdict.travel.breaker],
            [[`${host} subset v2`], "maxConnections 9"],
        );
    });

    it("denies where no route matches, a subset is not there, or the route answers itself", () => {
        const denying = (...added: Manifest[]) =>
            answer(added)
                .verdict.steps.filter(({ verdict }) => verdict === "denies")
                .map(({ layer }) => layer);
        assert.deepEqual(denying(routes([{ match: [{ uri: { exact: "/x" } }], ...toAlerts() }])), [
            "VirtualService",
        ]);
        assert.deepEqual(denying(routes([{ name: "all", ...toAlerts({ subset: "v9" }) }]), rule), [
            "DestinationRule",
        ]);
        assert.deepEqual(denying(routes([{ directResponse: { status: 503 } }])), ["VirtualService"]);
    });

    it("asks the callee for the path that a route makes of it", () => {
        const rewritten = routes([
            { match: [{ uri: { prefix: "/old" } }], rewrite: { uri: "/v1" }, ...toAlerts() },
        ]);
        assert.ok(answer([rewritten], { path: "/old/alerts" }).verdict.allowed);
        assert.ok(!answer([routes([toAlerts()])], { path: "/old/alerts" }).verdict.allowed);
    });

    it("denies a caller whose DestinationRule turns mutual TLS off", () => {
        const off = { ...rule, spec: { host, trafficPolicy: { tls: { mode: "DISABLE" } } } } as Manifest;
        const steps = answer([off]).verdict.steps.filter(({ verdict }) => verdict === "denies");
        assert.deepEqual(
            steps.map(({ layer }) => layer),
            ["PeerAuthentication", "AuthorizationPolicy"],
        );
    });
});

describe("mesh explain, of gateways", () => {
    const world = worldOf(platform);
    const entry = (source: string, destination: string, path: string) =>
        explain(world, platform, { source, destination, path })[0]!.verdict;

    it("follows a client through the gateway to the service", () => {
        assert.ok(entry("public", "api-gateway", "/v1/alerts").allowed);
        assert.ok(!entry("public", "api-gateway", "/internal/routes").allowed);
        assert.ok(!entry("admin", "api-gateway", "/v1/alerts").allowed);
        assert.deepEqual(
            entry("public", "alerts", "/v1/alerts").steps.map(({ layer }) => layer),
            ["Gateway"],
        );
    });

    it("tells whose tokens the gateway reads, and which filters it does not judge", () => {
        const prod = new World(
            deriveAll({ catalogue: platform, config: loadStackFile("prod", `${__dirname}/../..`) }),
        );
        const stepsOf = (source: string, destination: string, path: string) =>
            explain(prod, platform, { source, destination, path })[0]!.verdict.steps;
        const steps = stepsOf("public", "video", "/hls/acme/cam-7/index.m3u8");
        const of = (layer: string) => steps.find((step) => step.layer === layer);
        assert.match(of("RequestAuthentication")?.text ?? "", /^reads tokens of https:/);
        assert.deepEqual(of("RequestAuthentication")?.objects, [
            "istio-ingress/RequestAuthentication/istio-ingressgateway",
        ]);
        const filters = of("EnvoyFilter") ?? assert.fail("no filter");
        assert.ok(filters.objects.includes("istio-ingress/EnvoyFilter/public-tenant-paths"));
        assert.ok(filters.objects.includes("istio-ingress/EnvoyFilter/client-headers"));
        assert.equal(filters.conditions.length, 1);
        // At another gateway stand other filters, and a sidecar reads no token.
        assert.ok(
            !stepsOf("admin", "admin-console", "/").some(({ objects }) =>
                objects.includes("istio-ingress/EnvoyFilter/public-tenant-paths"),
            ),
        );
        const inside = stepsOf("api-gateway", "alerts", "/v1/alerts").map(({ layer }) => layer);
        assert.ok(!inside.includes("RequestAuthentication"));
    });

    it("lets no stranger and nobody without a sidecar in", () => {
        for (const source of ["stranger", "unmeshed", "databases/backup"]) {
            for (const destination of ["auth", "redis"]) {
                const answers = explain(world, platform, { source, destination });
                assert.ok(
                    answers.every(({ verdict }) => !verdict.allowed),
                    `${source} > ${destination}`,
                );
            }
        }
    });

    it("names what is not there, all at once", () => {
        assert.throws(
            () => explain(world, platform, { source: "api-gatway", destination: "alrts" }),
            /no source api-gatway[^]*did you mean "api-gateway"[^]*no destination alrts[^]*did you mean "alerts"/,
        );
        assert.throws(
            () => explain(world, platform, { ...ask, port: "https" }),
            /no port https: it has .*http \(8080\)/,
        );
        assert.throws(
            () =>
                explain(world, platform, {
                    source: "billing",
                    destination: "postgres",
                    port: "postgres",
                    path: "/",
                }),
            /leave --path out/,
        );
    });
});

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
});
