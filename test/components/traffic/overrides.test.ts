import assert from "node:assert/strict";
import { rewritePattern, pathsAtService } from "../../../components/shared/routing/paths";
import { routesTo, weightedDestinations } from "../../../components/shared/routing/routes";
import { authorizationPolicies } from "../../../components/access/authorization";
import { checkTraffic } from "../../../components/traffic/check";
import { faults } from "../../../components/traffic/fault";
import { virtualServices } from "../../../components/routing/virtual-service";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { testConfig } from "../../support/config";
import { changed } from "../../catalogue/small";
import { routeFor } from "../../support/routes";

const NOW = new Date("2026-11-24T12:00:00Z");
const catalogue = changed(() => undefined);
const configOf = (traffic: unknown, protect = false) =>
    testConfig({ domain: "mesh.example.com", protect, traffic: { services: traffic } });
const problems = (traffic: unknown, protect = false) =>
    checkTraffic({ catalogue, config: configOf(traffic, protect) }, NOW);

describe("a variant of a service", () => {
    const config = configOf({
        middle: {
            versions: { v1: 90, v2: 10, v3: 0 },
            variants: [
                { to: "v3", for: { cookie: { name: "variant", value: "b" } } },
                { to: "v2", for: { header: { name: "x-tester", value: "yes" } } },
            ],
            mirror: { to: "v3", percent: 25 },
        },
    });
    const routeOf = (headers: Record<string, string>) => {
        const [object] = virtualServices({ catalogue, config }).filter(
            ({ metadata }) => metadata.name === "middle",
        );
        return routeFor(object!, {
            labels: { [SERVICE_LABEL]: "front" },
            port: 9090,
            method: "POST",
            path: "/example.v1.Middle/Get",
            headers,
        });
    };
    const subsets = (headers: Record<string, string>) =>
        routeOf(headers)?.route?.map(({ destination, weight }) => [destination.subset, weight]);

    it("gets its share of the requests", () => {
        assert.deepEqual(subsets({}), [
            ["v1", 90],
            ["v2", 10],
        ]);
    });

    it("gets all requests that match it", () => {
        assert.deepEqual(subsets({ cookie: "variant=b" }), [["v3", undefined]]);
        assert.deepEqual(subsets({ cookie: "a=1; variant=b; c=2" }), [["v3", undefined]]);
        assert.deepEqual(subsets({ "x-tester": "yes" }), [["v2", undefined]]);
        for (const cookie of ["variant=bb", "xvariant=b", "variant=a"])
            assert.equal(subsets({ cookie })?.length, 2, cookie);
    });

    it("gets mirrored requests of its share", () => {
        assert.deepEqual(
            routeOf({})?.mirrors?.map(({ destination, percentage }) => [
                destination.subset,
                percentage?.value,
            ]),
            [["v3", 25]],
        );
    });

    it("gets no mirrored non-idempotent requests", () => {
        const charging = changed(({ services }) =>
            Object.assign(services["front"].calls![0]!, { idempotent: false }),
        );
        const [object] = virtualServices({ catalogue: charging, config }).filter(
            ({ metadata }) => metadata.name === "middle",
        );
        assert.deepEqual(
            object?.spec.http?.filter(({ mirrors }) => mirrors !== undefined),
            [],
        );
    });

    it("keeps the timeout and the retries of the call", () => {
        const { timeout, retries } = routeOf({}) ?? {};
        assert.ok(timeout !== undefined && retries !== undefined);
        for (const headers of [{ cookie: "variant=b" }, { "x-tester": "yes" }]) {
            assert.equal(routeOf(headers)?.timeout, timeout);
            assert.deepEqual(routeOf(headers)?.retries, retries);
        }
    });

    it("matches a path only if the call has it", () => {
        const of = (path: `/${string}`) =>
            routesTo(
                {
                    catalogue,
                    config: configOf({
                        front: {
                            versions: { v1: 100, v2: 0 },
                            variants: [{ to: "v2", for: { path: "/v1/new" } }],
                        },
                    }),
                },
                {
                    name: "r",
                    service: "front",
                    port: 8080,
                    requests: [{ path }],
                    idempotent: true,
                    settings: {},
                },
            ).map(({ name, match }) => [name, match?.map(({ uri }) => uri)]);
        assert.deepEqual(of("/v1/{**}"), [
            ["r/variant-1-v2", [{ exact: "/v1/new" }, { prefix: "/v1/new/" }]],
            ["r", [{ prefix: "/v1/" }]],
        ]);
        assert.deepEqual(of("/v2/{**}"), [["r", [{ prefix: "/v2/" }]]]);
    });
});

describe("a path rewrite", () => {
    const rewrites = [{ from: "/items", to: "/v2/things" }];
    const config = configOf({ back: { rewrites } });

    it("sends the service's path, if a caller calls it", () => {
        const [object] = virtualServices({ catalogue, config }).filter(
            ({ metadata }) => metadata.name === "back",
        );
        const route = routeFor(object!, {
            labels: { [SERVICE_LABEL]: "middle" },
            port: 8080,
            method: "GET",
            path: "/items/7",
        });
        assert.match(route?.name ?? "", /^middle\.http\..*\/rewrite-1$/);
        const { match = "", rewrite = "" } = route?.rewrite?.uriRegexRewrite ?? {};
        assert.equal("/items/7".replace(new RegExp(match), rewrite), "/v2/things/7");
    });

    it("can remove a prefix, and keeps exactly one slash", () => {
        const rewrite = { from: "/api", to: "/" };
        const { match, rewrite: by } = rewritePattern(rewrite);
        for (const [requested, seen] of [
            ["/api/items/7", "/items/7"],
            ["/api", "/"],
        ] as const)
            assert.equal(requested.replace(new RegExp(match), by), seen);
        assert.deepEqual(pathsAtService(["/api/items/{*}", "/api/{**}"], [rewrite]), [
            "/api/items/{*}",
            "/api/{**}",
            "/items/{*}",
            "/{**}",
        ]);
    });

    it("is allowed at the service under both paths, for the same callers", () => {
        const allow = authorizationPolicies({ catalogue, config }).find(
            ({ metadata }) => metadata.name === "back-from-middle",
        );
        assert.deepEqual(
            allow?.spec.rules?.flatMap(({ to = [] }) => to.map(({ operation }) => operation?.paths)),
            [["/items/{*}", "/v2/things/{*}"]],
        );
    });
});

describe("a fault", () => {
    const fault = { delay: { percent: 50, fixedDelay: "1500ms" }, abort: { percent: 0.5, httpStatus: 503 } };

    it("is injected in the service's sidecar, on its ports but not on the health port", () => {
        const [object] = faults({ catalogue, config: configOf({ middle: { fault } }) });
        assert.deepEqual(object?.spec.workloadSelector, { labels: { [SERVICE_LABEL]: "middle" } });
        const patches = object.spec.configPatches ?? [];
        assert.deepEqual(
            patches.map(({ match }) => [match?.context, match?.listener?.filterChain?.destinationPort]),
            [["SIDECAR_INBOUND", 9090]],
        );
        const value = patches[0]?.patch?.value as { typed_config: Record<string, unknown> };
        assert.deepEqual(value.typed_config["delay"], {
            fixed_delay: "1.5s",
            percentage: { numerator: 500_000, denominator: "MILLION" },
        });
        assert.deepEqual(value.typed_config["abort"], {
            http_status: 503,
            percentage: { numerator: 5_000, denominator: "MILLION" },
        });
    });

    it("requires an end if the stack protects its resources", () => {
        assert.deepEqual(problems({ middle: { fault } }), []);
        assert.match(
            problems({ middle: { fault } }, true).join(),
            /^traffic\.services\.middle\.fault: .*a fault needs an expiry/,
        );
        assert.deepEqual(
            problems({ middle: { fault: { ...fault, removeBy: "2026-11-24T13:00:00Z" } } }, true),
            [],
        );
    });

    it("is not injected after its end", () => {
        assert.match(
            problems({ middle: { fault: { ...fault, removeBy: "2026-11-24T11:00:00Z" } } }).join(),
            /it expired at 2026-11-24T11:00:00Z; remove it/,
        );
    });
});

describe("a stack's traffic configuration", () => {
    it("rejects unknown services and versions, all at once", () => {
        assert.deepEqual(
            problems({
                midle: { versions: { v1: 100 } },
                front: {
                    versions: { v1: 100 },
                    variants: [{ to: "v2", for: { header: { name: "x-a", value: "b" } } }],
                    mirror: { to: "v3" },
                },
            }).map((problem) => problem.split(";")[0]),
            [
                "traffic.services.front.variants.0.to: there is no version v2",
                "traffic.services.front.mirror.to: there is no version v3",
                "traffic.services.midle: the catalogue has no service midle",
            ],
        );
    });

    it("rejects variants of a service with TCP callers, whose connections the mesh cannot split", () => {
        const calling = changed(({ services: { front, back } }) => {
            Object.assign(back.ports, { mqtt: { protocol: "tcp", number: 1883, application: "mqtt" } });
            front.calls = [{ to: "back", port: "mqtt", timeout: "stream", idempotent: false }];
        });
        const config = configOf({ back: { versions: { v1: 100 } } });
        assert.match(
            checkTraffic({ catalogue: calling, config }, NOW).join(),
            /^traffic\.services\.back\.versions: front \(mqtt\) calls it over TCP/,
        );
    });

    it("splits connections at a gateway like requests", () => {
        const config = configOf({ back: { versions: { v1: 90, v2: 10, v3: 0 } } });
        assert.deepEqual(
            weightedDestinations({ catalogue, config }, "back", 1883).map(({ destination, weight }) => [
                destination.subset,
                weight,
            ]),
            [
                ["v1", 90],
                ["v2", 10],
            ],
        );
    });

    it("rejects empty and invalid settings", () => {
        for (const wrong of [
            { versions: { v1: 90, v2: 5 } },
            { versions: { v1: 100 }, variants: [{ to: "v1", for: {} }] },
            { fault: {} },
            { fault: { abort: { percent: 101, httpStatus: 503 } } },
            { fault: { delay: { percent: 1, fixedDelay: "0s" } } },
            { mirror: { to: "V2" } },
            { rewrites: [{ from: "/v1/", to: "/v2" }] },
            { rewrites: [{ from: "/", to: "/v2" }] },
        ])
            assert.throws(() => configOf({ middle: wrong }), { name: "ConfigError" }, JSON.stringify(wrong));
    });
});
