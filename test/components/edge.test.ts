import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import type { Exposure } from "../../catalogue/model";
import { platform as catalogue } from "../../catalogue/platform";
import type {
    AuthorizationPolicyManifest,
    ConfigMapManifest,
    EnvoyFilterManifest,
    GatewayManifest,
    Manifest,
} from "../../components/base/manifest";
import type { Platform } from "../../components/base/platform";
import { assertPlatform, platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";

const config = loadStackFile("prod", join(__dirname, "..", ".."));

function edgeOf(change: Partial<MeshConfig["edge"]>): MeshConfig {
    return { ...config, edge: { ...config.edge, ...change } };
}

function objectsOf(platform: Partial<Platform> = {}): readonly Manifest[] {
    return deriveAll({ catalogue, config, ...platform }).objects;
}

function policy(name: string, platform: Partial<Platform> = {}): AuthorizationPolicyManifest {
    const found = objectsOf(platform).find(
        ({ kind, metadata }) => kind === "AuthorizationPolicy" && metadata.name === name,
    );
    assert.ok(found, name);
    return found as AuthorizationPolicyManifest;
}

describe("a platform", () => {
    it("needs whatever its catalogue asks of its configuration, all of it said at once", () => {
        const platform = {
            catalogue,
            config: {
                ...edgeOf({ issuers: [], adminNetworks: [] }),
                gateways: { ...config.gateways, service: "NodePort" as const },
                access: { dryRun: ["sparc/auth-from-api-gateway", "sparc/auth-from-nobody"] },
            },
        };
        const problems = platformProblems(platform);
        assert.equal(problems.length, 4, problems.join("\n"));
        assert.match(problems[0]!, /^edge\.issuers: .* api \(api-gateway\).*; add one with its issuer/);
        assert.match(problems[1]!, /^edge\.adminNetworks: .*admin \(admin-console\).*0\.0\.0\.0\/0/);
        assert.match(problems[2]!, /^edge\.clientAddress: .*set it to direct$/);
        assert.match(
            problems[3]!,
            /^access\.dryRun: there is no AuthorizationPolicy sparc\/auth-from-nobody/,
        );
        assert.throws(() => {
            assertPlatform("test", platform);
        }, /^ConfigError: test: 4 mistakes/);
    });

    it("without tokens and staff needs neither issuers nor networks", () => {
        const { services } = catalogue;
        const plain = Object.fromEntries(
            Object.entries(services).map(([name, service]) => [name, { ...service, exposures: [] }]),
        );
        const bare = edgeOf({ issuers: [], adminNetworks: [] });
        assert.deepEqual(
            platformProblems({ catalogue: { ...catalogue, services: plain }, config: bare }),
            [],
        );
    });
});

describe("policies at the gateways", () => {
    it("take the tokens of every issuer, each with its own claim for roles at the admin gateway", () => {
        const [first] = config.edge.issuers;
        const second = {
            ...first!,
            issuer: "https://second",
            claims: { ...first!.claims, roles: "app.groups" },
        };
        const two = { config: edgeOf({ issuers: [first!, second] }) };
        const [rule] = policy("istio-ingressgateway-to-api-gateway-api", two).spec.rules ?? [];
        assert.deepEqual(rule?.from, [
            { source: { requestPrincipals: [`${first!.issuer}/*`, "https://second/*"] } },
        ]);
        const admin = policy("istio-admingateway-to-admin-console-admin", two).spec.rules ?? [];
        assert.deepEqual(
            admin.map(({ from, when }) => [from, when]),
            [
                [
                    [{ source: { requestPrincipals: [`${first!.issuer}/*`], ipBlocks: ["203.0.113.0/24"] } }],
                    [{ key: "request.auth.claims[roles]", values: ["platform-admin"] }],
                ],
                [
                    [{ source: { requestPrincipals: ["https://second/*"], ipBlocks: ["203.0.113.0/24"] } }],
                    [{ key: "request.auth.claims[app][groups]", values: ["platform-admin"] }],
                ],
            ],
        );
    });

    it("answer only the origins that are listed, and nobody where none is", () => {
        const options = (platform: Partial<Platform>) =>
            (policy("istio-ingressgateway-to-api-gateway-api", platform).spec.rules ?? []).filter(({ to }) =>
                to?.some(({ operation }) => operation?.methods?.includes("OPTIONS")),
            );
        assert.equal(options({ config: edgeOf({ corsOrigins: [] }) }).length, 0);
        const [preflight] = options({});
        assert.deepEqual(preflight?.when?.[0], {
            key: "request.headers[origin]",
            values: ["https://app.sparc.example.com"],
        });
    });

    it("are marked where they are only tried, and nowhere else", () => {
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

describe("a client's headers", () => {
    it("are taken from it where services read a token's, and where replicas are chosen by them", () => {
        const [filter] = objectsOf().filter(({ metadata }) => metadata.name === "client-headers");
        const removed = [...JSON.stringify(filter).matchAll(/"remove":"([^"]+)"/g)].map(([, name]) => name);
        assert.deepEqual(removed.sort(), ["x-plan", "x-roles", "x-stream-id", "x-subject", "x-tenant"]);
    });
});

describe("the gateways", () => {
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

    it("serve nothing but TLS 1.2 and 1.3, and send the rest there", () => {
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

    it("leave later than their load balancer does", () => {
        const { service, lifecycle, terminationGracePeriodSeconds } = values("istio-ingressgateway");
        const prefix = "service.beta.kubernetes.io/aws-load-balancer-";
        const delay = /deregistration_delay\.timeout_seconds=(\d+)/.exec(
            service.annotations?.[`${prefix}target-group-attributes`] ?? "",
        )?.[1];
        assert.ok(lifecycle.preStop.sleep.seconds > Number(delay));
        assert.ok(terminationGracePeriodSeconds > lifecycle.preStop.sleep.seconds);
    });

    it("learn a client's address in one way, on both sides of it", () => {
        const proxied = values("istio-ingressgateway");
        const prefix = "service.beta.kubernetes.io/aws-load-balancer-";
        assert.equal(proxied.service.annotations?.[`${prefix}proxy-protocol`], "*");
        assert.deepEqual(JSON.parse(proxied.podAnnotations?.["proxy.istio.io/config"] ?? ""), {
            drainDuration: "900s",
            gatewayTopology: { proxyProtocol: {} },
        });
        const direct = values("istio-ingressgateway", edgeOf({ clientAddress: "direct" }));
        assert.equal(direct.service.annotations?.[`${prefix}proxy-protocol`], undefined);
        assert.deepEqual(JSON.parse(direct.podAnnotations?.["proxy.istio.io/config"] ?? ""), {
            drainDuration: "900s",
        });
        assert.equal(direct.service.externalTrafficPolicy, "Local");
    });

    it("are on the internet but for the internal one", () => {
        const scheme = (name: string) =>
            values(name).service.annotations?.["service.beta.kubernetes.io/aws-load-balancer-scheme"];
        assert.deepEqual(
            ["istio-ingressgateway", "istio-admingateway", "istio-internalgateway"].map(scheme),
            ["internet-facing", "internet-facing", "internal"],
        );
    });
});

describe("limits by plan", () => {
    it("are those of the catalogue, and of the default plan for all others", () => {
        const file = objectsOf().find(({ kind }) => kind === "ConfigMap") as ConfigMapManifest;
        const { descriptors } = parse(file.data?.["edge.yaml"] ?? "") as {
            descriptors: {
                key: string;
                value?: string;
                rate_limit?: { requests_per_unit: number };
                descriptors?: { key: string; rate_limit: { requests_per_unit: number } }[];
            }[];
        };
        const limits = (value: string | undefined) =>
            descriptors
                .find((one) => one.key === "plan" && one.value === value)
                ?.descriptors?.map(({ key, rate_limit }) => `${key} ${rate_limit.requests_per_unit}`);
        assert.deepEqual(limits("enterprise"), ["tenant 60000", "client 3000"]);
        assert.deepEqual(limits(undefined), ["tenant 600", "client 120"]);
        assert.equal(descriptors.find(({ key }) => key === "tenant")?.rate_limit?.requests_per_unit, 600);
    });

    it("are not there where the stack does not want them, or the catalogue has none", () => {
        const off = { config: edgeOf({ rateLimit: { ...config.edge.rateLimit, enabled: false } }) };
        const planless = { ...catalogue, plans: {} };
        for (const platform of [off, { catalogue: planless }]) {
            const left = objectsOf(platform).filter(({ metadata }) =>
                /ratelimit|plan-limits/.test(metadata.name),
            );
            assert.deepEqual(left, []);
        }
        assert.equal(
            objectsOf().filter(({ metadata }) => metadata.name.includes("ratelimit")).length > 8,
            true,
        );
    });
});

describe("limits of hosts", () => {
    it("are told to clients that are not told of their plan's", () => {
        const filter = objectsOf().find(
            ({ kind, metadata }) => kind === "EnvoyFilter" && metadata.name === "public-limits",
        ) as EnvoyFilterManifest;
        const told = (filter.spec.configPatches ?? []).flatMap(({ match, patch }) => {
            const host = match?.routeConfiguration?.vhost?.route?.name;
            const tells = JSON.stringify(patch).includes("enable_x_ratelimit_headers");
            return host === undefined ? [] : [`${host} ${tells}`];
        });
        assert.deepEqual(told, ["api false", "auth true", "hooks true"]);
    });

    it("fill as many tokens as requests are allowed, in the time given", () => {
        const limited = (limit: Exposure["limit"]) => {
            const auth = catalogue.services["auth"]!;
            const exposures = auth.exposures!.map((one) => ({
                ...one,
                ...(one.host === "auth" && { limit: limit! }),
            }));
            const services = { ...catalogue.services, auth: { ...auth, exposures } };
            const filter = objectsOf({ catalogue: { ...catalogue, services } }).find(
                ({ kind, metadata }) => kind === "EnvoyFilter" && metadata.name === "public-limits",
            ) as EnvoyFilterManifest;
            return JSON.stringify(
                filter.spec.configPatches?.find(
                    ({ match }) => match?.routeConfiguration?.vhost?.route?.name === "auth",
                ),
            );
        };
        assert.match(
            limited({ requests: 30, per: "minute" }),
            /"token_bucket":\{"max_tokens":30,"tokens_per_fill":30,"fill_interval":"60s"\}/,
        );
    });
});
