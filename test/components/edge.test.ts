import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import type { AuthorizationPolicyManifest, GatewayManifest } from "../../components/base/manifest";
import type { Platform } from "../../components/base/platform";
import { assertPlatform, platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import type { MeshConfig } from "../../config/schema";
import { config, isRemovedAtGateways, withEdge, objectsOf } from "../support/edge";

function policy(name: string, platform: Partial<Platform> = {}): AuthorizationPolicyManifest {
    const policy_ = objectsOf(platform).find(
        ({ kind, metadata }) => kind === "AuthorizationPolicy" && metadata.name === name,
    );
    assert.ok(policy_, name);
    return policy_ as AuthorizationPolicyManifest;
}

describe("a platform", () => {
    it("reports everything that its catalogue requires of the configuration at once", () => {
        const platform = {
            catalogue,
            config: {
                ...withEdge({ issuers: [], adminCidrs: [] }),
                gateways: { ...config.gateways, serviceType: "NodePort" as const },
                access: {
                    dryRun: ["sparc/auth-from-api-gateway", "sparc/auth-from-unknown", "sparc/deny-all"],
                },
            },
        };
        const problems = platformProblems(platform);
        assert.equal(problems.length, 5, problems.join("\n"));
        assert.match(problems[0]!, /^edge\.issuers: .* api \(api-gateway\).*; add one with its issuer/);
        assert.match(problems[1]!, /^edge\.adminCidrs: .*admin \(admin-console\).*0\.0\.0\.0\/0/);
        assert.match(problems[2]!, /^edge\.clientAddress: .*set it to direct/);
        assert.match(
            problems[3]!,
            /^access\.dryRun: there is no AuthorizationPolicy sparc\/auth-from-unknown/,
        );
        assert.match(problems[4]!, /^access\.dryRun: sparc\/deny-all denies everything that is not allowed/);
        assert.throws(() => {
            assertPlatform("test", platform);
        }, /^ConfigError: test: 5 mistakes/);
    });

    it("needs neither issuers nor networks without tokens and staff access", () => {
        const { services } = catalogue;
        const plain = Object.fromEntries(
            Object.entries(services).map(([name, service]) => [name, { ...service, exposures: [] }]),
        );
        const bare = withEdge({ issuers: [], adminCidrs: [] });
        assert.deepEqual(
            platformProblems({ catalogue: { ...catalogue, services: plain }, config: bare }),
            [],
        );
    });
});

describe("CORS requests", () => {
    const origins = ["https://app.example.com", "https://*.preview.example.com"];
    const { cors } = config.edge;
    const exposed = (credentials: boolean) => {
        const gateway = catalogue.services["api-gateway"]!;
        const exposures = gateway.exposures!.map((one) => ({ ...one, cors: { credentials } }));
        return {
            ...catalogue,
            services: { ...catalogue.services, "api-gateway": { ...gateway, exposures } },
        };
    };

    it("from a wildcard origin cannot have credentials", () => {
        const stack = withEdge({ corsOrigins: origins, cors: { ...cors, credentials: true } });
        const [first, ...more] = platformProblems({ catalogue: exposed(true), config: stack });
        assert.match(
            first!,
            /^edge\.corsOrigins: https:\/\/\*\.preview\.example\.com would .* api \(api-gateway\); .*cors\.credentials of the exposure/,
        );
        assert.ok(more.every((one) => one.includes("or set edge.cors.credentials to false")));
        assert.deepEqual(
            platformProblems({ catalogue: exposed(true), config: withEdge({ corsOrigins: origins }) }),
            [first],
        );
    });

    it("are allowed from a wildcard without credentials, and from listed origins with them", () => {
        const wide = withEdge({ corsOrigins: origins });
        assert.deepEqual(platformProblems({ catalogue: exposed(false), config: wide }), []);
        const full = withEdge({ corsOrigins: [origins[0]!], cors: { ...cors, credentials: true } });
        assert.deepEqual(platformProblems({ catalogue: exposed(true), config: full }), []);
    });
});

describe("policies at the gateways", () => {
    it("accept the tokens of every issuer, each with its roles claim at the admin gateway", () => {
        const [first] = config.edge.issuers;
        const second = {
            ...first!,
            issuer: "https://second",
            claims: { ...first!.claims, roles: "app.groups" },
        };
        const two = { config: withEdge({ issuers: [first!, second] }) };
        const [rule] = policy("istio-ingressgateway-to-api-gateway.api", two).spec.rules ?? [];
        assert.deepEqual(rule?.from, [
            { source: { requestPrincipals: [`${first!.issuer}/*`, "https://second/*"] } },
        ]);
        const admin = policy("istio-admingateway-to-admin-console.admin", two).spec.rules ?? [];
        assert.deepEqual(
            admin.map(({ from, when }) => [from, when]),
            [
                [
                    [
                        {
                            source: {
                                requestPrincipals: [`${first!.issuer}/*`],
                                remoteIpBlocks: ["203.0.113.0/24"],
                            },
                        },
                    ],
                    [
                        { key: "request.auth.claims[iss]", values: [first!.issuer] },
                        { key: "request.auth.claims[roles]", values: ["platform-admin"] },
                    ],
                ],
                [
                    [
                        {
                            source: {
                                requestPrincipals: ["https://second/*"],
                                remoteIpBlocks: ["203.0.113.0/24"],
                            },
                        },
                    ],
                    [
                        { key: "request.auth.claims[iss]", values: ["https://second"] },
                        { key: "request.auth.claims[app][groups]", values: ["platform-admin"] },
                    ],
                ],
            ],
        );
    });

    it("allow no preflight without a token, since the CORS filter answers preflights first", () => {
        const rules = policy("istio-ingressgateway-to-api-gateway.api").spec.rules ?? [];
        assert.ok(rules.length > 0);
        for (const { from } of rules) assert.ok(from?.[0]?.source?.requestPrincipals !== undefined);
    });

    it("are annotated as dry run only if configured", () => {
        const dryRun = ["sparc/auth-from-api-gateway"];
        const marked = objectsOf({ config: { ...config, access: { dryRun } } }).filter(
            ({ metadata }) => metadata.annotations?.["istio.io/dry-run"] === "true",
        );
        assert.deepEqual(
            marked.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`),
            dryRun,
        );
    });
});

describe("client headers", () => {
    it("are removed if services trust them, or load balancing or sampling reads them", () => {
        const traced = [
            "traceparent",
            "tracestate",
            "x-client-trace-id",
            "x-envoy-force-trace",
            "x-request-id",
        ];
        const trustedHeaders = ["x-plan", "x-roles", "x-stream-id", "x-subject", "x-tenant"];
        for (const name of [...traced, ...trustedHeaders]) assert.ok(isRemovedAtGateways(name), name);
        assert.ok(!isRemovedAtGateways("x-request-source"));
        // What frameworks obey is shown in a real Envoy: test/edge/headers.test.ts.
    });
});

describe("the ingress gateways", () => {
    const gateways = objectsOf().filter(
        ({ kind, metadata }) => kind === "Gateway" && metadata.namespace === "istio-ingress",
    ) as GatewayManifest[];
    const values = (name: string, some: MeshConfig = config) => {
        const release = deriveAll({ catalogue, config: some }).releases.find((one) => one.name === name);
        return release?.values as {
            service: { type: string; annotations?: Record<string, string>; externalTrafficPolicy?: string };
            podAnnotations?: Record<string, string>;
            lifecycle: { preStop: { sleep: { seconds: number } } };
            terminationGracePeriodSeconds: number;
        };
    };

    it("serve only TLS 1.2 and 1.3, and redirect plain HTTP", () => {
        for (const { metadata, spec } of gateways) {
            for (const { port, tls } of spec.servers ?? []) {
                if (port.number === 80) {
                    assert.deepEqual(
                        [metadata.name.endsWith("-redirect"), tls],
                        [true, { httpsRedirect: true }],
                    );
                } else {
                    assert.deepEqual(
                        [tls?.minProtocolVersion, tls?.maxProtocolVersion],
                        ["TLSV1_2", "TLSV1_3"],
                    );
                    assert.ok(tls?.cipherSuites?.every((suite) => suite.startsWith("ECDHE-")));
                }
            }
        }
    });

    it("get a client's address by the same means as the load balancer sends it", () => {
        const proxied = values("istio-ingressgateway");
        const prefix = "service.beta.kubernetes.io/aws-load-balancer-";
        assert.equal(proxied.service.annotations?.[`${prefix}proxy-protocol`], "*");
        assert.deepEqual(JSON.parse(proxied.podAnnotations?.["proxy.istio.io/config"] ?? ""), {
            drainDuration: "420s",
            gatewayTopology: { proxyProtocol: {} },
        });
        const direct = values("istio-ingressgateway", withEdge({ clientAddress: "direct" }));
        assert.equal(direct.service.annotations?.[`${prefix}proxy-protocol`], undefined);
        assert.deepEqual(JSON.parse(direct.podAnnotations?.["proxy.istio.io/config"] ?? ""), {
            drainDuration: "420s",
        });
        assert.equal(direct.service.externalTrafficPolicy, "Local");
    });
});
