import assert from "node:assert/strict";
import { platform } from "../../../catalogue/platform";
import { minReplicas, servicesOf } from "../../../catalogue/query";
import { destinationRules } from "../../../components/traffic/destination-rule";
import { testConfig } from "../../support/config";
import { changed } from "../../catalogue/small";

const config = testConfig({
    domain: "mesh.example.com",
    traffic: { services: { front: { versions: { v2: 10, v1: 90 } } } },
});
const rules = new Map(
    destinationRules({ catalogue: platform, config }).map(({ metadata, spec }) => [
        `${metadata.namespace}/${metadata.name}`,
        spec,
    ]),
);
const policyOf = (name: string) => rules.get(`sparc/${name}`)?.trafficPolicy ?? assert.fail(name);

describe("the circuit breaker of a service", () => {
    it("exists for each service and store", () => {
        assert.deepEqual(
            [...rules.keys()].sort(),
            [
                ...Object.keys(platform.services).map((name) => `sparc/${name}`),
                ...Object.keys(platform.stores).map((name) => `databases/${name}`),
            ].sort(),
        );
    });

    it("leaves half of the replicas' capacity to other callers", () => {
        for (const [name, service] of servicesOf(platform)) {
            const replicas = Math.max(minReplicas(service), service.maxReplicas ?? 0);
            const whole = (service.concurrency ?? 100) * replicas;
            const { tcp, http } = policyOf(name).connectionPool ?? {};
            for (const share of [tcp?.maxConnections, http?.http2MaxRequests])
                if (share !== undefined) assert.ok(share >= 1 && share * 2 <= whole, name);
            assert.ok(tcp?.maxConnections, name);
        }
    });

    it("never ejects all replicas, and never a single replica", () => {
        const replicas = (minReplicasOfFront: number) =>
            destinationRules({
                catalogue: changed(({ services: { front } }) =>
                    Object.assign(front, { minReplicas: minReplicasOfFront }),
                ),
                config,
            }).find(({ metadata }) => metadata.name === "front")?.spec.trafficPolicy?.outlierDetection;
        assert.equal(replicas(1), undefined);
        for (const several of [2, 3, 10]) {
            const { maxEjectionPercent = 100 } = replicas(several) ?? {};
            assert.ok(Math.floor((several * maxEjectionPercent) / 100) < several);
        }
    });

    it("configures locality load balancing explicitly, since outlier detection would enable it", () => {
        for (const [name] of servicesOf(platform))
            assert.deepEqual(policyOf(name).loadBalancer?.localityLbSetting, { enabled: false }, name);
    });

    it("does not upgrade WebSockets to HTTP/2", () => {
        for (const [name, { ports }] of servicesOf(platform)) {
            const protocols = Object.values(ports).map(({ protocol }) => protocol);
            const policy = policyOf(name).connectionPool?.http?.h2UpgradePolicy;
            assert.equal(
                policy,
                protocols.includes("ws")
                    ? "DO_NOT_UPGRADE"
                    : protocols.every((protocol) => protocol === "tcp")
                      ? undefined
                      : "UPGRADE",
                name,
            );
        }
    });
});

describe("the load balancing of a service", () => {
    it("is the catalogue's", () => {
        assert.equal(policyOf("users").loadBalancer?.simple, "ROUND_ROBIN");
        assert.equal(policyOf("api-gateway").loadBalancer?.simple, "LEAST_REQUEST");
        assert.equal(policyOf("video").loadBalancer?.consistentHash?.httpHeaderName, "x-stream-id");
    });

    it("has a subset for each version that the stack routes to", () => {
        const rule = destinationRules({ catalogue: changed(() => undefined), config }).find(
            ({ metadata }) => metadata.name === "front",
        );
        assert.deepEqual(rule?.spec.subsets, [
            { name: "v1", labels: { version: "v1" } },
            { name: "v2", labels: { version: "v2" } },
        ]);
    });
});
