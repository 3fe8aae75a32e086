import assert from "node:assert/strict";
import { platform } from "../../catalogue/platform";
import { type Explanation, explain } from "../../cli/explain/explain";
import { World } from "../../cli/explain/world/world";
import type { Manifest } from "../../components/base/manifest";
import type { HttpRoute } from "../../components/base/routes";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { worldOf } from "./questions";

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
        const everywhere = http
            .slice(1)
            .map((one) =>
                one.match === undefined
                    ? one
                    : { ...one, match: one.match.map((match) => ({ ...match, gateways: ["mesh"] })) },
            );
        const { verdict } = answer([routes(everywhere), rule], { source: "rules" });
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

    it("names limits of headers as a condition: a question does not hold how many there are", () => {
        const [step] = entry("public", "api-gateway", "/v1/alerts").steps.filter(({ objects }) =>
            objects.includes("istio-ingress/EnvoyFilter/request-headers"),
        );
        assert.equal(step?.verdict, "passes");
        assert.equal(step.text, "denies requests that match a CEL condition (431)");
        assert.match(
            step.conditions.join(),
            /^the request does not match the CEL condition that returns 431 "request-headers: .*more than 100 headers/,
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
        const filters =
            steps.find(({ layer, text }) => layer === "EnvoyFilter" && text.includes("not judged")) ??
            assert.fail("no filter");
        assert.ok(filters.objects.includes("istio-ingress/EnvoyFilter/public-tenant-paths"));
        assert.ok(filters.objects.includes("istio-ingress/EnvoyFilter/client-headers"));
        assert.equal(filters.conditions.length, 1);
        // At another gateway stand other filters.
        assert.ok(
            !stepsOf("admin", "admin-console", "/").some(({ objects }) =>
                objects.includes("istio-ingress/EnvoyFilter/public-tenant-paths"),
            ),
        );
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
