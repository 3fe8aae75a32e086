import assert from "node:assert/strict";
import { join } from "node:path";
import * as fc from "fast-check";
import type { Catalogue, ExternalHost } from "../../catalogue/model";
import { platform as catalogue } from "../../catalogue/platform";
import type { Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";
import { arbitraryCatalogue } from "../catalogue/arbitrary";
import { isAllowed, policiesOf } from "../support/istio";

const prod = loadStackFile("prod", join(__dirname, "..", ".."));
const config = testConfig({ domain: "mesh.example.com" });
const GATEWAY = { "sparc.dev/service": "istio-egressgateway" };

/** The objects of one kind in the egress gateway's namespace. */
function atGateway<Kind extends Manifest["kind"]>(objects: readonly Manifest[], kind: Kind) {
    return objects.filter(
        (object): object is Extract<Manifest, { kind: Kind }> =>
            object.kind === kind && object.metadata.namespace === "istio-egress",
    );
}

/** Whether the gateway's policies allow `account` to call a host. */
function canLeave(objects: readonly Manifest[], account: string, { host, port, tls }: ExternalHost): boolean {
    const originated = tls === "originate";
    return isAllowed(policiesOf(objects), {
        principal: `cluster.local/ns/sparc/sa/${account}`,
        namespace: "istio-egress",
        labels: GATEWAY,
        port,
        sni: host,
        ...(originated ? { host, http: { method: "GET", path: "/" } } : {}),
    });
}

function hostsOf({ external }: Catalogue): { group: string; host: ExternalHost }[] {
    return Object.entries(external).flatMap(([group, { hosts }]) => hosts.map((host) => ({ group, host })));
}

describe("egress", () => {
    it("is allowed only for the services that use a host's group: without an external edge, no egress", () => {
        let allowed = 0;
        fc.assert(
            fc.property(arbitraryCatalogue(7), (drawn) => {
                const { objects } = deriveAll({ catalogue: drawn, config });
                for (const { group, host } of hostsOf(drawn)) {
                    for (const [name, { external = [] }] of Object.entries(drawn.services)) {
                        const expected = external.includes(group);
                        assert.equal(canLeave(objects, name, host), expected, `${name} → ${host.host}`);
                        allowed += expected ? 1 : 0;
                    }
                    assert.equal(canLeave(objects, "unknown", host), false);
                    const unlisted = { ...host, host: `un.${host.host}` };
                    for (const name of Object.keys(drawn.services))
                        assert.equal(canLeave(objects, name, unlisted), false, `${name} → ${unlisted.host}`);
                }
            }),
            { numRuns: 60 },
        );
        assert.ok(allowed > 0, "no generated catalogue had an external edge");
    });

    it("reaches exactly the hosts that have callers, exported only to the callers' namespace", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), (drawn) => {
                const { objects } = deriveAll({ catalogue: drawn, config });
                const used = new Set(Object.values(drawn.services).flatMap(({ external = [] }) => external));
                const reached = hostsOf(drawn).filter(({ group }) => used.has(group));
                const names = [...new Set(reached.map(({ host }) => host.host))].sort();
                for (const { spec } of atGateway(objects, "ServiceEntry")) {
                    assert.deepEqual(spec.exportTo, ["istio-egress", "sparc"]);
                    assert.deepEqual([spec.location, spec.resolution], ["MESH_EXTERNAL", "DNS"]);
                }
                for (const kind of ["ServiceEntry", "VirtualService"] as const)
                    assert.deepEqual(
                        atGateway(objects, kind).flatMap(({ spec }) => spec.hosts ?? []),
                        names,
                    );
            }),
            { numRuns: 60 },
        );
    });

    it("passes the gateway for every port of every host, in mutual TLS with the host's name as SNI", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(), (drawn) => {
                const { objects } = deriveAll({ catalogue: drawn, config });
                const [towards] = atGateway(objects, "DestinationRule").filter(
                    ({ metadata }) => metadata.name === "istio-egressgateway",
                );
                const subsets = new Map(
                    (towards?.spec.subsets ?? []).map(({ name, trafficPolicy }) => [
                        name,
                        trafficPolicy?.tls,
                    ]),
                );
                for (const { spec } of atGateway(objects, "VirtualService")) {
                    const routes = [...(spec.http ?? []), ...(spec.tls ?? []), ...(spec.tcp ?? [])];
                    for (const { match = [], route = [] } of routes) {
                        const { destination } = route[0] ?? {};
                        const [{ gateways = [] } = {}] = match;
                        if (!gateways.includes("mesh")) {
                            assert.equal(destination?.host, spec.hosts?.[0]);
                            continue;
                        }
                        assert.equal(destination?.host, "istio-egressgateway.istio-egress.svc.cluster.local");
                        assert.deepEqual(subsets.get(destination.subset ?? ""), {
                            mode: "ISTIO_MUTUAL",
                            sni: spec.hosts?.[0],
                        });
                    }
                    assert.equal(
                        routes.filter(({ match }) => match?.[0]?.gateways?.includes("mesh")).length,
                        hostsOf(drawn).filter(({ host }) => host.host === spec.hosts?.[0]).length,
                    );
                }
                for (const { spec } of atGateway(objects, "Gateway"))
                    for (const { tls } of spec.servers ?? []) assert.equal(tls?.mode, "ISTIO_MUTUAL");
            }),
            { numRuns: 40 },
        );
    });
});

describe("headers of a request that leaves", () => {
    const sent = (objects: readonly Manifest[]) =>
        atGateway(objects, "VirtualService").flatMap(({ spec }) =>
            (spec.http ?? []).filter(({ match }) => !match?.[0]?.gateways?.includes("mesh")),
        );

    it("contain the external host's name, and nothing about the caller", () => {
        let requests = 0;
        fc.assert(
            fc.property(arbitraryCatalogue(), (drawn) => {
                const { objects } = deriveAll({ catalogue: drawn, config });
                for (const { route, rewrite, headers } of sent(objects)) {
                    const [{ destination } = { destination: undefined }] = route ?? [];
                    const { host = "" } = destination ?? {};
                    const hosts = hostsOf(drawn).filter(({ host: one }) => one.host === host);
                    assert.ok(
                        hosts.some(
                            ({ host: { port } }) =>
                                rewrite?.authority === (port === 443 ? host : `${host}:${port}`),
                        ),
                    );
                    const removed = headers?.request?.remove ?? [];
                    assert.deepEqual([...removed].sort(), [
                        ...["baggage", "forwarded", "x-envoy-attempt-count", "x-envoy-decorator-operation"],
                        ...["x-envoy-expected-rq-timeout-ms", "x-envoy-external-address", "x-envoy-internal"],
                        ...["x-envoy-peer-metadata", "x-envoy-peer-metadata-id", "x-forwarded-client-cert"],
                        ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-mesh-probe"],
                        ...["x-plan", "x-real-ip", "x-roles", "x-subject", "x-tenant"],
                    ]);
                    requests++;
                }
                const filters = atGateway(objects, "EnvoyFilter").map(({ metadata }) => metadata.name);
                assert.equal(filters.includes("request-headers"), sent(objects).length > 0);
            }),
            { numRuns: 40 },
        );
        assert.ok(requests > 0, "no generated catalogue had a host with TLS origination");
    });

    it("are recorded in the access log and the spans, with the tenant and the trace", () => {
        const { releases, objects } = deriveAll({ catalogue, config: prod });
        const istiod = releases.find(({ name }) => name.startsWith("istiod"));
        const providers = JSON.stringify(istiod?.values["meshConfig"]);
        assert.match(providers, /"tenant":"%DYNAMIC_METADATA\(sparc\.egress:tenant\)%","trace":"%TRACE_ID%"/);
        const spans = atGateway(objects, "Telemetry").flatMap(({ spec }) => spec.tracing ?? []);
        assert.match(
            JSON.stringify(spans[0]?.customTags?.["tenant"]),
            /metadata\.filter_metadata\['sparc\.egress'\]/,
        );
    });
});

describe("the egress gateway of prod", () => {
    const derived = deriveAll({ catalogue, config: prod });
    const rule = (name: string) =>
        atGateway(derived.objects, "DestinationRule").find(({ metadata }) => metadata.name === name)?.spec;

    it("is reachable only from the mesh, on the ports of the hosts", () => {
        const release = derived.releases.find(({ name }) => name === "istio-egressgateway");
        assert.deepEqual(release?.values["service"], {
            type: "ClusterIP",
            ports: [443, 465].map((number) => ({
                name: `tls-${number}`,
                port: number,
                protocol: "TCP",
                targetPort: number,
            })),
        });
        assert.deepEqual(derived.releases.filter(({ namespace }) => namespace === "istio-egress").length, 1);
    });

    it("verifies a host's name with TLS origination, by the CAs of the proxy's image", () => {
        const port = rule("api.twilio.com")?.trafficPolicy?.portLevelSettings?.[0];
        assert.equal(port?.port?.number, 80);
        assert.deepEqual(port.tls, {
            mode: "SIMPLE",
            sni: "api.twilio.com",
            subjectAltNames: ["api.twilio.com"],
        });
        assert.equal(rule("api.stripe.com")?.trafficPolicy?.portLevelSettings, undefined);
    });

    it("uses the stack's CA if there is one", () => {
        const local = loadStackFile("local", join(__dirname, "..", ".."));
        const [withCa] = atGateway(deriveAll({ catalogue, config: local }).objects, "DestinationRule").filter(
            ({ metadata }) => metadata.name === "api.twilio.com",
        );
        const port = withCa?.spec.trafficPolicy?.portLevelSettings?.[0];
        assert.equal(port?.tls?.credentialName, "outside-authority");
    });

    it("gives each group its circuit breaker, and never retries", () => {
        const payment = rule("api.stripe.com")?.trafficPolicy;
        assert.deepEqual(payment?.connectionPool?.tcp, { maxConnections: 20, connectTimeout: "5s" });
        assert.equal(payment.outlierDetection?.consecutive5xxErrors, 3);
        assert.equal(payment.outlierDetection.baseEjectionTime, "1m");
        assert.deepEqual(rule("api.openai.com")?.trafficPolicy?.connectionPool?.tcp, {
            maxConnections: 100,
            connectTimeout: "10s",
        });
        for (const { spec } of atGateway(derived.objects, "VirtualService"))
            for (const { retries, timeout } of spec.http ?? []) {
                assert.deepEqual(retries, { attempts: 0 });
                assert.ok(timeout !== undefined);
            }
    });

    it("applies the catalogue's rate limits, after authorization, and no others", () => {
        const filters = atGateway(derived.objects, "EnvoyFilter").filter(
            ({ metadata }) => metadata.name !== "request-headers",
        );
        assert.deepEqual(
            filters.map(({ metadata }) => metadata.name),
            ["limit-api-m.paypal.com", "limit-api.stripe.com"],
        );
        for (const { spec } of filters) {
            const [patch] = spec.configPatches ?? [];
            assert.equal(patch?.applyTo, "NETWORK_FILTER");
            assert.equal(patch.patch?.operation, "INSERT_BEFORE");
            const config_ = patch.patch.value?.["typed_config"] as { token_bucket: unknown };
            assert.deepEqual(config_.token_bucket, {
                max_tokens: 600,
                tokens_per_fill: 600,
                fill_interval: "60s",
            });
        }
    });

    it("logs each external call", () => {
        assert.deepEqual(
            atGateway(derived.objects, "Telemetry").flatMap(({ spec }) => spec.accessLogging ?? []),
            [{ providers: [{ name: "egress-log" }] }],
        );
        const istiod = derived.releases.find(({ name }) => name.startsWith("istiod"));
        const mesh = istiod?.values["meshConfig"] as { extensionProviders: { name: string }[] };
        assert.ok(mesh.extensionProviders.some(({ name }) => name === "egress-log"));
    });

    it("does not exist without external edges", () => {
        const alone = { ...catalogue, external: {}, services: {} };
        const { releases, objects } = deriveAll({ catalogue: alone, config: prod });
        assert.equal(
            releases.some(({ name }) => name === "istio-egressgateway"),
            false,
        );
        assert.deepEqual(atGateway(objects, "ServiceEntry"), []);
    });
});
