import assert from "node:assert/strict";
import { platform } from "../../catalogue/platform";
import { type Explanation, explain } from "../../cli/explain/explain";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import type { Manifest } from "../../components/base/manifest";
import type { HttpRoute } from "../../components/shared/routing/routes";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { snapshotOf } from "./queries";

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
const query = { source: "api-gateway", destination: "alerts", port: "http", path: "/v1/alerts" };

function answer(added: Manifest[], options: Partial<typeof query & { headers: string[] }> = {}): Explanation {
    // The test's objects replace the program's routes.
    const change = (objects: readonly Manifest[]) => [
        ...objects.filter(
            ({ kind, metadata: { name } }) =>
                name !== "alerts" || !["VirtualService", "DestinationRule"].includes(kind),
        ),
        ...added,
    ];
    const [first] = explain(snapshotOf(platform, change), platform, { ...query, ...options });
    return first!;
}

describe("mesh explain, for the route of a call", () => {
    const http: HttpRoute[] = [
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

    it("takes the first route that matches, with its timeout, retries and circuit breaker", () => {
        const { verdict } = answer([routes(http), rule]);
        assert.ok(verdict.allowed);
        assert.equal(verdict.routing.timeout, "3s");
        assert.equal(verdict.routing.retries, "up to 1, each within 1500ms, on reset");
        assert.equal(verdict.routing.circuitBreaker, "tcp.maxConnections 7");
        assert.equal(verdict.routing.loadBalancing, "simple ROUND_ROBIN");
        assert.deepEqual(verdict.steps.find(({ layer }) => layer === "VirtualService")?.objects, [
            "sparc/VirtualService/alerts",
        ]);
    });

    it("evaluates source labels and methods: all other requests take the last route", () => {
        const { verdict } = answer([routes(http), rule], { source: "rules" });
        assert.deepEqual([verdict.routing.timeout, verdict.routing.retries], ["15s", "none"]);
    });

    it("applies a match with gateways to every caller, like Istio", () => {
        const everywhere = http
            .slice(1)
            .map((one) =>
                one.match === undefined
                    ? one
                    : { ...one, match: one.match.map((match) => ({ ...match, gateways: ["mesh"] })) },
            );
        const { verdict } = answer([routes(everywhere), rule], { source: "rules" });
        assert.equal(verdict.routing.timeout, "3s");
    });

    it("uses the given headers, and a subset's settings", () => {
        const { verdict } = answer([routes(http), rule], { headers: ["X-Canary: 1"] });
        assert.deepEqual(
            [verdict.routing.destinations, verdict.routing.circuitBreaker],
            [[`${host} subset v2`], "tcp.maxConnections 9"],
        );
    });

    it("denies if no route matches, a subset is missing, or the route has a direct response", () => {
        const denying = (...added: Manifest[]) =>
            answer(added)
                .verdict.steps.filter(({ verdict }) => verdict === "denied")
                .map(({ layer }) => layer);
        assert.deepEqual(denying(routes([{ match: [{ uri: { exact: "/x" } }], ...toAlerts() }])), [
            "VirtualService",
        ]);
        assert.deepEqual(denying(routes([{ name: "all", ...toAlerts({ subset: "v9" }) }]), rule), [
            "DestinationRule",
        ]);
        assert.deepEqual(denying(routes([{ directResponse: { status: 503 } }])), ["VirtualService"]);
    });

    it("evaluates the callee with the rewritten path", () => {
        const rewritten = routes([
            { match: [{ uri: { prefix: "/old" } }], rewrite: { uri: "/v1" }, ...toAlerts() },
        ]);
        assert.ok(answer([rewritten], { path: "/old/alerts" }).verdict.allowed);
        assert.ok(!answer([routes([toAlerts()])], { path: "/old/alerts" }).verdict.allowed);
    });

    it("denies a caller whose DestinationRule disables mutual TLS", () => {
        const off = { ...rule, spec: { host, trafficPolicy: { tls: { mode: "DISABLE" } } } } as Manifest;
        const steps = answer([off]).verdict.steps.filter(({ verdict }) => verdict === "denied");
        assert.deepEqual(
            steps.map(({ layer }) => layer),
            ["PeerAuthentication", "AuthorizationPolicy"],
        );
    });
});

describe("mesh explain, for gateways", () => {
    const snapshot = snapshotOf(platform);
    const entry = (source: string, destination: string, path: string) =>
        explain(snapshot, platform, { source, destination, path })[0]!.verdict;

    it("follows a client through the gateway to the service", () => {
        assert.ok(entry("public", "api-gateway", "/v1/alerts").allowed);
        assert.ok(!entry("public", "api-gateway", "/internal/routes").allowed);
        assert.ok(!entry("admin", "api-gateway", "/v1/alerts").allowed);
        assert.deepEqual(
            entry("public", "alerts", "/v1/alerts").steps.map(({ layer }) => layer),
            ["Gateway"],
        );
    });

    it("reports header limits as a condition: a query does not contain the number of headers", () => {
        const [step] = entry("public", "api-gateway", "/v1/alerts").steps.filter(({ objects }) =>
            objects.includes("istio-ingress/EnvoyFilter/request-headers"),
        );
        assert.equal(step?.verdict, "allowed");
        assert.equal(step.text, "denies requests that match a CEL condition (431)");
        assert.match(
            step.conditions.join(),
            /^the request does not match the CEL condition that returns 431 "request-headers: .*more than 100 headers/,
        );
    });

    it("reports whose tokens the gateway accepts, and which filters it does not evaluate", () => {
        const prod = new MeshSnapshot(
            deriveAll({ catalogue: platform, config: loadStackFile("prod", `${__dirname}/../..`) }),
        );
        const stepsOf = (source: string, destination: string, path: string) =>
            explain(prod, platform, { source, destination, path })[0]!.verdict.steps;
        const steps = stepsOf("public", "video", "/hls/acme/cam-7/index.m3u8");
        const of = (layer: string) => steps.find((step) => step.layer === layer);
        assert.match(of("RequestAuthentication")?.text ?? "", /^validates tokens of https:/);
        assert.deepEqual(of("RequestAuthentication")?.objects, [
            "istio-ingress/RequestAuthentication/istio-ingressgateway",
        ]);
        const filters =
            steps.find(({ layer, text }) => layer === "EnvoyFilter" && text.includes("not evaluated")) ??
            assert.fail("no filter");
        assert.ok(filters.objects.includes("istio-ingress/EnvoyFilter/public-tenant-paths"));
        assert.ok(filters.objects.includes("istio-ingress/EnvoyFilter/client-headers"));
        assert.equal(filters.conditions.length, 1);
        // Another gateway has other filters.
        assert.ok(
            !stepsOf("admin", "admin-console", "/").some(({ objects }) =>
                objects.includes("istio-ingress/EnvoyFilter/public-tenant-paths"),
            ),
        );
    });

    it("denies unknown workloads and pods outside the mesh", () => {
        for (const source of ["unknown-workload", "outside-mesh", "databases/backup"]) {
            for (const destination of ["auth", "redis"]) {
                const answers = explain(snapshot, platform, { source, destination });
                assert.ok(
                    answers.every(({ verdict }) => !verdict.allowed),
                    `${source} > ${destination}`,
                );
            }
        }
    });

    it("names all unknown names at once", () => {
        assert.throws(
            () => explain(snapshot, platform, { source: "api-gatway", destination: "alrts" }),
            /unknown source "api-gatway"[^]*Did you mean "api-gateway"[^]*unknown destination "alrts"[^]*Did you mean "alerts"/,
        );
        assert.throws(
            () => explain(snapshot, platform, { ...query, port: "https" }),
            /no port https\. Its ports: .*http \(8080\)/,
        );
        assert.throws(
            () =>
                explain(snapshot, platform, {
                    source: "billing",
                    destination: "postgres",
                    port: "postgres",
                    path: "/",
                }),
            /remove --path/,
        );
    });
});
