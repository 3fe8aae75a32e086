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
import { local, type Tracing, withTracing } from "../support/tracing";

/** The Telemetry objects that say where spans go. */
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

function found<M extends Manifest>(
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
    return found<TelemetryManifest>("Telemetry", namespace, name).tracing ?? [];
}

function patchesOf(name: string, config = local) {
    const { configPatches = [] } = found<EnvoyFilterManifest>("EnvoyFilter", "istio-ingress", name, config);
    return configPatches;
}

describe("the share that is traced", () => {
    it("is the catalogue's, where a call begins with a service", () => {
        for (const [name, service] of servicesOf(catalogue))
            assert.deepEqual(telemetryOf("sparc", name), [{ randomSamplingPercentage: sampling(service) }]);
        const shares = ["auth", "alerts", "video", "recordings"].map(
            (name) => telemetryOf("sparc", name)[0]?.randomSamplingPercentage,
        );
        assert.deepEqual(shares, [100, 100, 1, 10]);
    });

    it("is the service's at each of its exposures whose requests a gateway sees", () => {
        for (const key of ["public", "admin", "internal"] as const) {
            const own = exposures(catalogue).filter(
                ({ exposure, port }) => exposure.gateway === key && port.protocol !== "tcp",
            );
            const expected = own.map(({ service, exposure }) => {
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

    it("is none of what nobody has a share for", () => {
        for (const [namespace, name] of WIDE)
            assert.equal(telemetryOf(namespace, name)[0]?.randomSamplingPercentage, 0, namespace);
    });

    it("is at least the tenant's, by the number that Envoy decided by before", () => {
        const tenants = { "globex-1": 12.5, acme: 100 };
        const [patch, ...more] = patchesOf("tenant-sampling", withTracing({ tenants }));
        assert.deepEqual(more, []);
        const code = JSON.stringify(patch);
        assert.match(code, /local shares = \{ \[\\"acme\\"\] = 10000, \[\\"globex-1\\"\] = 1250 \}/);
        assert.match(
            code,
            /tonumber\(string\.sub\(headers:get\(\\"x-request-id\\"\) or \\"\\", 1, 8\), 16\)/,
        );
        assert.match(code, /number % 10000 >= share then return end/);
        assert.equal(patch?.patch?.operation, "INSERT_BEFORE");
        assert.throws(() => patchesOf("tenant-sampling", withTracing({ tenants: {} })), /tenant-sampling/);
    });

    it("is decided behind the check of tokens, which says whose a request is", () => {
        const priority = (name: string) =>
            found<EnvoyFilterManifest>("EnvoyFilter", "istio-ingress", name).priority ?? 0;
        assert.ok(priority("tenant-sampling") > priority("public-one-token"));
    });

    it("is nothing that a client has a say in", () => {
        const said = JSON.stringify(patchesOf("client-headers"));
        for (const header of [
            "traceparent",
            "tracestate",
            "x-request-id",
            "x-client-trace-id",
            "x-envoy-force-trace",
            "x-tenant",
        ])
            assert.ok(said.includes(`{"remove":"${header}"}`), header);
    });
});

describe("a span", () => {
    it("tells the tenant, of those that are listed, no query, and nothing that a client can make long", () => {
        const config = withTracing({ tenants: { globex: 5, zeta: 50 } });
        for (const [namespace, name] of WIDE) {
            const [{ customTags = {} } = {}] =
                found<TelemetryManifest>("Telemetry", namespace, name, config).tracing ?? [];
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

    it("is where every istiod has spans sent", () => {
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

    it("is known to each service's sidecar, and may be sent to in the mesh and in the network", () => {
        const { rules = [] } = found<AuthorizationPolicyManifest>(
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
            found<NetworkPolicyManifest>("NetworkPolicy", "monitoring", "collector") ?? {};
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
            const { egress = [] } = found<NetworkPolicyManifest>("NetworkPolicy", namespace, name) ?? {};
            assert.ok(JSON.stringify(egress).includes('"sparc.dev/service":"collector"'), name);
            if (namespace !== "sparc") continue;
            const hosts = found<SidecarManifest>("Sidecar", namespace, name).egress?.[0]?.hosts ?? [];
            assert.ok(hosts.includes(`monitoring/${host}`), name);
        }
    });

    it("keeps as many spans as the stack says, of the stand-ins' image", () => {
        const config = withTracing({ collector: { from: "stand-in", spans: 123 } });
        const { template } =
            found<DeploymentManifest>("Deployment", "monitoring", "collector", config) ?? assert.fail();
        const [container] = template.spec?.containers ?? [];
        assert.equal(container?.image, "sparc.local/standin:embedded");
        assert.deepEqual(container.args?.slice(-2), ["--spans", "123"]);
    });

    it("may be Jaeger, by its chart, whose pods bear the collector's label and have no rights", () => {
        const config = withTracing({ collector: { from: "chart" } });
        const { releases } = deriveAll({ catalogue, config });
        const release = releases.find(({ name }) => name === "jaeger") ?? assert.fail();
        const { podLabels, serviceAccount, securityContext } = (
            release.values as { jaeger: Record<string, Record<string, unknown>> }
        ).jaeger;
        assert.deepEqual(podLabels, { "sparc.dev/service": "jaeger-collector" });
        assert.deepEqual(serviceAccount, { automountServiceAccountToken: false });
        assert.equal(securityContext?.["allowPrivilegeEscalation"], false);
        const { hosts } = found<SidecarManifest>("Sidecar", "sparc", "auth", config).egress?.[0] ?? {
            hosts: [],
        };
        assert.ok(hosts.includes("monitoring/jaeger-collector.monitoring.svc.cluster.local"));
        assert.ok(!deriveAll({ catalogue, config: local }).releases.some(({ name }) => name === "jaeger"));
    });

    it("may be somebody else's, of which the program makes no more than its name and what it may call", () => {
        const collector: Tracing["collector"] = {
            from: "service",
            name: "jaeger-collector",
            port: 4317,
            calls: ["databases/store.example.com"],
        };
        const { objects } = deriveAll({ catalogue, config: withTracing({ collector }) });
        const made = objects.filter(({ metadata }) => metadata.name.includes("collector"));
        assert.deepEqual(made.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
            "AuthorizationPolicy jaeger-collector-from-proxies",
            "NetworkPolicy jaeger-collector",
            "Service jaeger-collector",
            "Sidecar jaeger-collector",
        ]);
        const own = found<SidecarManifest>(
            "Sidecar",
            "monitoring",
            "jaeger-collector",
            withTracing({ collector }),
        );
        assert.deepEqual(own.egress?.[0]?.hosts, collector.calls);
        const { hosts } = found<SidecarManifest>("Sidecar", "sparc", "auth", withTracing({ collector }))
            .egress?.[0] ?? { hosts: [] };
        assert.ok(hosts.includes("monitoring/jaeger-collector.monitoring.svc.cluster.local"));
    });

    it("may be none, and then nothing is left of tracing", () => {
        const { objects, releases } = deriveAll({
            catalogue,
            config: withTracing({ collector: { from: "nowhere" } }),
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
