import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { exposures, sampling, servicesOf } from "../../catalogue/query";
import type {
    AuthorizationPolicyManifest,
    Derived,
    DeploymentManifest,
    EnvoyFilterManifest,
    Manifest,
    NetworkPolicyManifest,
    SidecarManifest,
    TelemetryManifest,
} from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import type { MeshConfig } from "../../config/schema";
import { isRemovedAtGateways } from "../support/edge";
import { local, type Tracing, withTracing } from "../support/tracing";

/** The Telemetry objects that configure the trace provider. */
const WIDE = [
    ["sparc", "default"],
    ["istio-ingress", "default"],
    ["istio-egress", "istio-egressgateway"],
] as const;

const memory = new Map<MeshConfig, Derived>();

function derived(config: MeshConfig): Derived {
    const known = memory.get(config) ?? deriveAll({ catalogue, config });
    memory.set(config, known);
    return known;
}

function requireObject<M extends Manifest>(
    kind: M["kind"],
    namespace: string,
    name: string,
    config = local,
): M["spec" & keyof M] {
    const object = derived(config).objects.find(
        (one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name,
    );
    assert.ok(object !== undefined, `${kind} ${namespace}/${name}`);
    return (object as M)["spec" as keyof M] as M["spec" & keyof M];
}

function telemetryOf(namespace: string, name: string) {
    return requireObject<TelemetryManifest>("Telemetry", namespace, name).tracing ?? [];
}

function patchesOf(name: string, config = local) {
    const { configPatches = [] } = requireObject<EnvoyFilterManifest>(
        "EnvoyFilter",
        "istio-ingress",
        name,
        config,
    );
    return configPatches;
}

describe("the sampling rate", () => {
    it("is the catalogue's for traces that start at a service", () => {
        for (const [name, service] of servicesOf(catalogue))
            assert.deepEqual(telemetryOf("sparc", name), [{ randomSamplingPercentage: sampling(service) }]);
        const shares = ["auth", "alerts", "video", "recordings"].map(
            (name) => telemetryOf("sparc", name)[0]?.randomSamplingPercentage,
        );
        assert.deepEqual(shares, [100, 100, 1, 10]);
    });

    it("is the service's at each of its exposures with HTTP at a gateway", () => {
        for (const key of ["public", "admin", "internal"] as const) {
            const exposuresOf = exposures(catalogue).filter(
                ({ exposure, port }) => exposure.gateway === key && port.protocol !== "tcp",
            );
            const expected = exposuresOf.map(({ service, exposure }) => {
                const percent = sampling(catalogue.services[service] ?? assert.fail());
                return [exposure.host, { numerator: percent * 100, denominator: "TEN_THOUSAND" }];
            });
            const shares = patchesOf(`${key}-sampling`).map(({ match, patch }) => {
                const { tracing } = patch?.value as { tracing: { random_sampling: unknown } };
                return [match?.routeConfiguration?.vhost?.route?.name, tracing.random_sampling];
            });
            assert.deepEqual(shares, expected);
            assert.ok(shares.length > 0);
        }
    });

    it("is 0 without a configured rate", () => {
        for (const [namespace, name] of WIDE)
            assert.equal(telemetryOf(namespace, name)[0]?.randomSamplingPercentage, 0, namespace);
    });

    it("is at least the tenant's, by the random number of Envoy's first decision", () => {
        const samplingPercentByTenant = { "globex-1": 12.5, acme: 100 };
        const [patch, ...more] = patchesOf("tenant-sampling", withTracing({ samplingPercentByTenant }));
        assert.deepEqual(more, []);
        const code = JSON.stringify(patch);
        assert.match(code, /local shares = \{ \[\\"acme\\"\] = 10000, \[\\"globex-1\\"\] = 1250 \}/);
        assert.match(
            code,
            /tonumber\(string\.sub\(headers:get\(\\"x-request-id\\"\) or \\"\\", 1, 8\), 16\)/,
        );
        assert.match(code, /number % 10000 >= share then return end/);
        assert.equal(patch?.patch?.operation, "INSERT_BEFORE");
        assert.throws(
            () => patchesOf("tenant-sampling", withTracing({ samplingPercentByTenant: {} })),
            /tenant-sampling/,
        );
    });

    it("is decided after JWT authentication, which determines the tenant", () => {
        const priority = (name: string) =>
            requireObject<EnvoyFilterManifest>("EnvoyFilter", "istio-ingress", name).priority ?? 0;
        assert.ok(priority("tenant-sampling") > priority("public-one-token"));
    });

    it("cannot be influenced by a client", () => {
        for (const header of [
            "traceparent",
            "tracestate",
            "x-request-id",
            "x-client-trace-id",
            "x-envoy-force-trace",
            "x-tenant",
        ])
            assert.ok(isRemovedAtGateways(header), header);
    });
});

describe("a span", () => {
    it("has the tenant if it is listed, no query string, and no unbounded client data", () => {
        const config = withTracing({ samplingPercentByTenant: { globex: 5, zeta: 50 } });
        for (const [namespace, name] of WIDE) {
            const [{ customTags = {} } = {}] =
                requireObject<TelemetryManifest>("Telemetry", namespace, name, config).tracing ?? [];
            const tenant = customTags["tenant"]?.formatter?.value ?? "";
            assert.ok(tenant.includes("in ['acme', 'globex', 'initech', 'zeta'] ?"), tenant);
            assert.ok(tenant.endsWith("'other')%"), tenant);
            assert.match(customTags["http.url"]?.formatter?.value ?? "", /%PATH\(NQ\):256%$/);
            assert.equal(customTags["user_agent"]?.formatter?.value, "%REQ(USER-AGENT):128%");
        }
    });
});

describe("the collector of traces", () => {
    const host = "collector.monitoring.svc.cluster.local";

    it("is the trace provider of every istiod", () => {
        const { releases } = derived(local);
        const istiods = releases.filter(({ name }) => name.startsWith("istiod-"));
        assert.ok(istiods.length > 0);
        for (const { values } of istiods) {
            const { meshConfig } = values as { meshConfig: { extensionProviders: { name: string }[] } };
            assert.deepEqual(
                meshConfig.extensionProviders.find(({ name }) => name === "mesh-traces"),
                { name: "mesh-traces", opentelemetry: { service: `monitoring/${host}`, port: 4317 } },
            );
        }
        for (const [namespace, name] of WIDE)
            assert.deepEqual(telemetryOf(namespace, name)[0]?.providers, [{ name: "mesh-traces" }]);
    });

    it("is in each service's Sidecar, and reachable by AuthorizationPolicy and NetworkPolicy", () => {
        const { rules = [] } = requireObject<AuthorizationPolicyManifest>(
            "AuthorizationPolicy",
            "monitoring",
            "collector-from-proxies",
        );
        const operation = {
            ports: ["4317"],
            methods: ["POST"],
            paths: ["/opentelemetry.proto.collector.trace.v1.TraceService/Export"],
        };
        for (const { to } of rules) assert.deepEqual(to, [{ operation }]);
        const principals = rules.flatMap(({ from = [] }) =>
            from.flatMap(({ source }) => source?.principals ?? []),
        );
        const { ingress = [] } =
            requireObject<NetworkPolicyManifest>("NetworkPolicy", "monitoring", "collector") ?? {};
        const senders = [
            ...["istio-ingressgateway", "istio-admingateway", "istio-internalgateway"].map((name) => [
                "istio-ingress",
                name,
            ]),
            ["istio-egress", "istio-egressgateway"],
            ...servicesOf(catalogue).map(([name]) => ["sparc", name]),
        ] as [string, string][];
        assert.equal(principals.length, senders.length);
        assert.equal(ingress.length, senders.length);
        for (const [namespace, name] of senders) {
            assert.ok(principals.includes(`cluster.local/ns/${namespace}/sa/${name}`), name);
            const { egress = [] } =
                requireObject<NetworkPolicyManifest>("NetworkPolicy", namespace, name) ?? {};
            assert.ok(JSON.stringify(egress).includes('"sparc.dev/service":"collector"'), name);
            if (namespace !== "sparc") continue;
            const hosts = requireObject<SidecarManifest>("Sidecar", namespace, name).egress?.[0]?.hosts ?? [];
            assert.ok(hosts.includes(`monitoring/${host}`), name);
        }
    });

    it("stores the configured number of spans, and uses the stand-ins' image", () => {
        const config = withTracing({ collector: { from: "stand-in", maxSpans: 123 } });
        const { template } =
            requireObject<DeploymentManifest>("Deployment", "monitoring", "collector", config) ??
            assert.fail();
        const [container] = template.spec?.containers ?? [];
        assert.equal(container?.image, "sparc.local/standin:embedded");
        assert.deepEqual(container.args?.slice(-2), ["--spans", "123"]);
    });

    it("can be Jaeger, by its chart, whose pods have the collector's label and no permissions", () => {
        const config = withTracing({ collector: { from: "chart" } });
        const { releases } = deriveAll({ catalogue, config });
        const release = releases.find(({ name }) => name === "jaeger") ?? assert.fail();
        const { podLabels, serviceAccount, securityContext } = (
            release.values as { jaeger: Record<string, Record<string, unknown>> }
        ).jaeger;
        assert.deepEqual(podLabels, { "sparc.dev/service": "jaeger-collector" });
        assert.deepEqual(serviceAccount, { automountServiceAccountToken: false });
        assert.equal(securityContext?.["allowPrivilegeEscalation"], false);
        const { hosts } = requireObject<SidecarManifest>("Sidecar", "sparc", "auth", config).egress?.[0] ?? {
            hosts: [],
        };
        assert.ok(hosts.includes("monitoring/jaeger-collector.monitoring.svc.cluster.local"));
        assert.ok(!deriveAll({ catalogue, config: local }).releases.some(({ name }) => name === "jaeger"));
    });

    it("can be an existing service, for which the program creates only its name and egress", () => {
        const collector: Tracing["collector"] = {
            from: "service",
            name: "jaeger-collector",
            port: 4317,
            egressHosts: ["databases/store.example.com"],
        };
        const { objects } = deriveAll({ catalogue, config: withTracing({ collector }) });
        const made = objects.filter(({ metadata }) => metadata.name.includes("collector"));
        assert.deepEqual(made.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
            "AuthorizationPolicy jaeger-collector-from-proxies",
            "NetworkPolicy jaeger-collector",
            "Service jaeger-collector",
            "Sidecar jaeger-collector",
        ]);
        const sidecar = requireObject<SidecarManifest>(
            "Sidecar",
            "monitoring",
            "jaeger-collector",
            withTracing({ collector }),
        );
        assert.deepEqual(sidecar.egress?.[0]?.hosts, collector.egressHosts);
        const { hosts } = requireObject<SidecarManifest>(
            "Sidecar",
            "sparc",
            "auth",
            withTracing({ collector }),
        ).egress?.[0] ?? { hosts: [] };
        assert.ok(hosts.includes("monitoring/jaeger-collector.monitoring.svc.cluster.local"));
    });

    it("can be disabled, which removes all tracing", () => {
        const { objects, releases } = deriveAll({
            catalogue,
            config: withTracing({ collector: { from: "none" } }),
        });
        const text = JSON.stringify({ objects, releases });
        for (const word of [
            "mesh-traces",
            "randomSampling",
            "random_sampling",
            "collector.monitoring",
            "sparc.sampling",
        ])
            assert.ok(!text.includes(word), word);
    });
});
