import assert from "node:assert/strict";
import { ConfigError } from "../../config/load";
import { testConfig } from "../support/config";

/** Every old key, with its new name in the same map. `*` in a path stands for any one key. */
const RENAMED_KEYS: Readonly<Record<string, string>> = {
    "certificates.gateways.days": "durationDays",
    "certificates.mesh.intermediate.days": "durationDays",
    "certificates.mesh.signing": "signingRoot",
    "certificates.mesh.trust": "trustedRoots",
    "cluster.account": "accountId",
    "cluster.api.networks": "allowedCidrs",
    "cluster.bootstrapAdmin": "bootstrapClusterCreatorAdminPermissions",
    "cluster.dns.names": "allowedDomains",
    "cluster.logDays": "logRetentionDays",
    "cluster.nat": "natGateways",
    "cluster.network": "vpcCidr",
    "cluster.networkPolicies": "networkPolicyEnforcingMode",
    "cluster.pools.*.maximum": "maxSize",
    "cluster.pools.*.minimum": "minSize",
    "cluster.serviceRoles": "podIdentityRoles",
    "delivery.failures": "threshold",
    "edge.adminNetworks": "adminCidrs",
    "edge.keySetNetworks": "jwksCidrs",
    "egress.authority": "caSecret",
    "egress.privateRanges": "excludedCidrs",
    "gateways.service": "serviceType",
    "network.apiServer": "apiServerCidrs",
    "network.loadBalancers": "loadBalancerCidrs",
    "network.nodes": "nodeCidrs",
    "network.pods": "podCidrs",
    "network.services": "serviceCidrs",
    "telemetry.tracing.collector.calls": "egressHosts",
    "telemetry.tracing.collector.spans": "maxSpans",
    "telemetry.tracing.tenants": "samplingPercentByTenant",
    "traffic.services.*.fault.abort.status": "httpStatus",
    "traffic.services.*.fault.delay.time": "fixedDelay",
};

function problemsOf(action: () => unknown): readonly string[] {
    try {
        action();
    } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        return error.problems;
    }
    return assert.fail("no ConfigError was thrown");
}

/** A configuration with an invalid value under the key at `path`. */
function withKey(path: readonly string[]): Record<string, unknown> {
    const isService = path.at(-1) === "calls" || path.at(-1) === "egressHosts";
    const entries: Record<string, unknown> = {
        domain: "a.example",
        cluster: { from: "eks", name: "a", region: "eu-central-1" },
        certificates: { mesh: { from: "self-signed" } },
        telemetry: {
            tracing: {
                collector: isService ? { from: "service", name: "jaeger" } : { from: "stand-in" },
            },
        },
    };
    const parent = path.slice(0, -1).reduce((map, key) => (map[key] ??= {}) as typeof entries, entries);
    parent[path.at(-1) ?? ""] = null;
    return entries;
}

describe("a renamed configuration key", () => {
    it("names the new key for a renamed one, and nothing else", () => {
        const pools = { mesh: { minimum: 1, maximum: 2 } };
        assert.deepEqual(
            problemsOf(() =>
                testConfig({
                    domain: "a.example",
                    cluster: { from: "eks", name: "a", region: "eu-central-1", logDays: 30, pools },
                    edge: { adminNetworks: ["10.0.0.0/8"] },
                    certificates: { mesh: { from: "self-signed", intermediate: { days: 30 } } },
                }),
            ),
            [
                "cluster.pools.mesh.minimum was renamed to cluster.pools.mesh.minSize",
                "cluster.pools.mesh.maximum was renamed to cluster.pools.mesh.maxSize",
                "cluster.logDays was renamed to cluster.logRetentionDays",
                "certificates.mesh.intermediate.days was renamed to certificates.mesh.intermediate.durationDays",
                "edge.adminNetworks was renamed to edge.adminCidrs",
            ],
        );
    });

    it("is an unknown key where no release had it", () => {
        const [problem, ...others] = problemsOf(() =>
            testConfig({ domain: "a.example", edge: { nodes: [] } }),
        );
        assert.match(problem ?? "", /^edge\.nodes: unknown key; /);
        assert.deepEqual(others, []);
    });

    it("names the new value for a renamed one, of enumerations and of discriminators", () => {
        assert.deepEqual(
            problemsOf(() =>
                testConfig({
                    domain: "a.example",
                    cluster: { from: "eks", name: "a", region: "eu-central-1", natGateways: "one" },
                    observability: { prometheus: { from: "nowhere" } },
                }),
            ),
            [
                "cluster.natGateways: one was renamed to single",
                "observability.prometheus.from: nowhere was renamed to none",
            ],
        );
    });

    for (const [old, name] of Object.entries(RENAMED_KEYS)) {
        const path = old.replace("*", "mesh").split(".");
        const renamed = [...path.slice(0, -1), name];

        it(`rejects ${old}, and knows ${name} in its place`, () => {
            const was = problemsOf(() => testConfig(withKey(path)));
            assert.ok(was.includes(`${path.join(".")} was renamed to ${renamed.join(".")}`), was.join("\n"));
            const is = problemsOf(() => testConfig(withKey(renamed)));
            assert.ok(
                is.every((problem) => !problem.includes("unknown key")),
                is.join("\n"),
            );
        });
    }
});
