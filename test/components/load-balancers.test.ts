/** The gateways' load balancers: who reaches them, and how they know that a gateway is healthy. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { clusterNetworks } from "../../components/shared/addresses/cluster-networks";
import { platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import type { MeshConfig } from "../../config/schema";
import { config, withEdge } from "../support/edge";

interface GatewayValues {
    readonly env: Readonly<Record<string, string>>;
    readonly service: {
        readonly annotations?: Readonly<Record<string, string>>;
        readonly ports: readonly { readonly name: string; readonly port: number }[];
    };
}

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";

function gateway(key: "ingress" | "admin" | "internal", some: MeshConfig): GatewayValues {
    const name = `istio-${key}gateway`;
    const release = deriveAll({ catalogue, config: some }).releases.find((one) => one.name === name);
    return release?.values as unknown as GatewayValues;
}

const scheme = (key: "ingress" | "admin" | "internal", some: MeshConfig) =>
    gateway(key, some).service.annotations?.[`${PREFIX}scheme`];

const ingressLabels = (some: MeshConfig) =>
    deriveAll({ catalogue, config: some }).objects.find(
        ({ kind, metadata }) => kind === "Namespace" && metadata.name === "istio-ingress",
    )?.metadata.labels;

const GATE = "elbv2.k8s.aws/pod-readiness-gate-inject";

describe("the admin gateway's load balancer", () => {
    const inside = withEdge({ adminCidrs: ["10.8.0.0/16", "192.168.4.0/24", "fd00:1::/48"] });

    it("is internal if all of its clients have private addresses, and on the Internet otherwise", () => {
        assert.equal(scheme("admin", inside), "internal");
        for (const adminCidrs of [["203.0.113.0/24"], ["0.0.0.0/0"], ["2001:db8::/32"], ["10.0.0.0/7"]])
            assert.equal(scheme("admin", withEdge({ adminCidrs })), "internet-facing", adminCidrs[0]);
        assert.deepEqual(
            [scheme("ingress", inside), scheme("internal", inside)],
            ["internet-facing", "internal"],
        );
    });

    it("connects to its gateway from the subnets of its scheme", () => {
        const { admin, internal } = clusterNetworks(inside).loadBalancers;
        assert.ok(admin.length > 0);
        assert.deepEqual(admin, internal);
        const outside = clusterNetworks(withEdge({ adminCidrs: ["203.0.113.0/24"] })).loadBalancers;
        assert.deepEqual(outside.admin, outside.public);
    });

    it("cannot serve private and public networks at once", () => {
        const mixed = withEdge({ adminCidrs: ["10.8.0.0/16", "203.0.113.0/24"] });
        const [problem = "", ...more] = platformProblems({ catalogue, config: mixed });
        assert.deepEqual(more, []);
        assert.match(
            problem,
            /^edge\.adminCidrs: 10\.8\.0\.0\/16 can only reach an internal .*203\.0\.113\.0\/24 only one on the Internet/,
        );
        const nodePort = { ...mixed, gateways: { ...mixed.gateways, serviceType: "NodePort" as const } };
        assert.ok(
            platformProblems({ catalogue, config: nodePort }).every((one) => !one.includes("adminCidrs")),
        );
    });
});

describe("health checks of load balancers", () => {
    it("reach the pods' status port, which their Service does not have", () => {
        const { service, env } = gateway("ingress", config);
        assert.equal(service.annotations?.[`${PREFIX}healthcheck-port`], "15021");
        assert.equal(service.annotations[`${PREFIX}healthcheck-path`], "/healthz/ready");
        assert.deepEqual(
            service.ports.filter(({ name, port }) => name === "status-port" || port === 15021),
            [],
        );
        // The load balancer sends PROXY protocol headers in health checks too: test/edge/proxy-protocol.test.ts.
        assert.match(
            service.annotations[`${PREFIX}target-group-attributes`] ?? "",
            /proxy_protocol_v2\.enabled=true/,
        );
        assert.equal(env["ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL"], "true");
        const direct = gateway("ingress", withEdge({ clientAddress: "direct" }));
        assert.equal(direct.env["ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL"], undefined);
    });

    it("of other load balancers need the status port", () => {
        const { service } = gateway("ingress", {
            ...config,
            gateways: { ...config.gateways, serviceType: "NodePort" },
        });
        assert.ok(service.ports.some(({ port }) => port === 15021));
    });

    it("decide whether a gateway is ready, if its pods are the targets", () => {
        assert.equal(ingressLabels(config)?.[GATE], "enabled");
        assert.equal(ingressLabels(withEdge({ clientAddress: "direct" }))?.[GATE], undefined);
        const nodePort = { ...config, gateways: { ...config.gateways, serviceType: "NodePort" as const } };
        assert.equal(ingressLabels(nodePort)?.[GATE], undefined);
        const others = deriveAll({ catalogue, config }).objects.filter(
            ({ kind, metadata }) => kind === "Namespace" && metadata.labels?.[GATE] !== undefined,
        );
        assert.deepEqual(
            others.map(({ metadata }) => metadata.name),
            ["istio-ingress"],
        );
    });
});
