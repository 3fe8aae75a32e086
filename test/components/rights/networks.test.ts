import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { platform as catalogue } from "../../../catalogue/platform";
import { platformProblems } from "../../../components/check";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import { type NetworkPolicy, allowsAddress, isInRange } from "../../support/network";

const ROOT = join(__dirname, "..", "..", "..");
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"];
const address = fc.ipV4();
const port = fc.oneof(fc.constantFrom(22, 53, 80, 443, 6443, 8080, 10250, 15017), fc.nat(65535));

/** Addresses of each stack's API server, JWKS and load balancers, copied from its file and the subnet plan. */
const PLACES = {
    prod: {
        apiServer: ["172.20.0.1/32", "10.96.227.0/28", "10.96.227.16/28", "10.96.227.32/28"],
        endpoints: ["10.96.227.160/27", "10.96.227.192/27", "10.96.227.224/27"],
        keys: ["198.51.100.0/24"],
    },
    dev: {
        apiServer: ["172.20.0.1/32", "10.64.227.0/28", "10.64.227.16/28", "10.64.227.32/28"],
        endpoints: ["10.64.227.160/27", "10.64.227.192/27", "10.64.227.224/27"],
        keys: ["198.51.100.0/24"],
    },
    local: {
        apiServer: [
            "10.96.0.1/32",
            "10.254.77.0/30",
            "10.254.78.0/30",
            "172.31.254.0/30",
            "192.168.254.0/30",
        ],
        endpoints: [],
        keys: [],
    },
} as const;

for (const [stack, { apiServer, endpoints, keys }] of Object.entries(PLACES)) {
    describe(`the network of stack ${stack}`, () => {
        const config = loadStackFile(stack, ROOT);
        const { objects } = deriveAll({ catalogue, config });
        const policies = objects.filter(({ kind }) => kind === "NetworkPolicy") as readonly NetworkPolicy[];
        const is = (networks: readonly string[], one: string) =>
            networks.some((network) => isInRange(network, one));
        const selectorsFor = (direction: "egress" | "ingress", to: string, at: number) =>
            policies
                .filter((policy) => allowsAddress(policy, direction, to, at))
                .map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`);

        it("allows the Internet only for the egress gateway, and for cert-manager's controller if it needs ACME", () => {
            const known = new Set([
                "istio-egress/istio-egressgateway",
                ...(stack === "local" ? [] : ["cert-manager/acme"]),
            ]);
            fc.assert(
                fc.property(address, port, (to, at) => {
                    fc.pre(!is([...PRIVATE, ...keys], to));
                    assert.deepEqual(
                        selectorsFor("egress", to, at).filter((name) => !known.has(name)),
                        [],
                    );
                }),
                { numRuns: 300 },
            );
        });

        it("allows ports 443 and 6443 of private addresses only at the API server", () => {
            const inside = fc.tuple(fc.constantFrom(10, 172, 192), fc.nat(255), fc.nat(255), fc.nat(255));
            fc.assert(
                fc.property(inside, fc.constantFrom(443, 6443), (parts, at) => {
                    const to = parts.join(".");
                    fc.pre(is(PRIVATE, to) && !is([...apiServer, ...endpoints], to));
                    assert.deepEqual(selectorsFor("egress", to, at), []);
                }),
                { numRuns: 300 },
            );
            for (const network of endpoints)
                for (const name of selectorsFor("egress", network.split("/")[0] ?? "", 443))
                    assert.match(name, /^(kube-system\/|cert-manager\/private-ca$)/);
            for (const network of apiServer) {
                const selectors = selectorsFor("egress", network.split("/")[0] ?? "", 443);
                for (const name of [
                    "istio-system/istiod",
                    "cert-manager/api-server",
                    "monitoring/prometheus",
                ])
                    assert.ok(selectors.includes(name), `${name} to ${network}`);
            }
        });

        it("allows only the API server to call webhooks", () => {
            fc.assert(
                fc.property(address, fc.constantFrom(15017, 10250), (from, at) => {
                    fc.pre(!is(apiServer, from));
                    assert.deepEqual(selectorsFor("ingress", from, at), []);
                }),
            );
            const [endpoint = ""] = apiServer[1].split("/");
            assert.deepEqual(selectorsFor("ingress", endpoint, 15017), ["istio-system/istiod"]);
            assert.deepEqual(selectorsFor("ingress", endpoint, 10250), ["cert-manager/webhook"]);
        });

        if (stack !== "local")
            it("allows only load balancers to reach the gateways, by NetworkPolicy and in the gateway", () => {
                const start = stack === "prod" ? "10.96" : "10.64";
                const facing = [224, 225, 226].map((third) => `${start}.${third}.0/24`);
                const inner = [64, 96, 128].map((last) => `${start}.227.${last}/27`);
                const balancers = {
                    "istio-ingressgateway": facing,
                    // dev's admin networks are private, so its admin gateway has an internal load balancer.
                    "istio-admingateway": stack === "prod" ? facing : inner,
                    "istio-internalgateway": inner,
                };
                for (const [gateway, networks] of Object.entries(balancers)) {
                    fc.assert(
                        fc.property(
                            fc.oneof(
                                address,
                                fc.nat(65_535).map((n) => `${start}.${n >> 8}.${n & 255}`),
                            ),
                            (from) => {
                                const policy = policies.filter(({ metadata }) => metadata.name === gateway);
                                assert.equal(policy.length, 1);
                                for (const at of [80, 443, 15021])
                                    assert.equal(
                                        policy.some((one) => allowsAddress(one, "ingress", from, at)),
                                        is(networks, from),
                                        `${from}:${at}`,
                                    );
                            },
                        ),
                        { numRuns: 200 },
                    );
                    const deny = objects.find(
                        ({ metadata }) => metadata.name === `${gateway}-from-load-balancer`,
                    );
                    assert.deepEqual((deny as { spec?: unknown } | undefined)?.spec, {
                        selector: { matchLabels: { "sparc.dev/service": gateway } },
                        action: "DENY",
                        rules: [{ from: [{ source: { notIpBlocks: networks } }] }],
                    });
                }
            });
    });
}

describe("addresses that a stack cannot derive", () => {
    const prod = loadStackFile("prod", ROOT);
    const existing = {
        ...prod,
        cluster: { from: "existing", name: "shared", region: "eu-west-1", pools: false },
    } as const;
    const about = (config: typeof prod) =>
        platformProblems({ catalogue, config }).filter((problem) =>
            /^(network|edge\.jwksCidrs)/.test(problem),
        );

    it("are required by name, all at once, each with an example", () => {
        const problems = about(existing);
        assert.deepEqual(
            problems.map((problem) => problem.split(":")[0]),
            ["network.apiServerCidrs", "network.nodeCidrs", "network.loadBalancerCidrs"],
        );
        for (const problem of problems) assert.match(problem, /list .*such as \[/);
        assert.match(about({ ...prod, edge: { ...prod.edge, jwksCidrs: [] } }).join(), /^edge\.jwksCidrs/);
    });

    it("are rejected if the stack derives them, and accepted otherwise", () => {
        const network = {
            apiServerCidrs: ["10.1.0.0/28"],
            nodeCidrs: ["10.2.0.0/16"],
            podCidrs: [],
            serviceCidrs: [],
            loadBalancerCidrs: ["10.3.0.0/24"],
        };
        assert.equal(about({ ...prod, network }).length, 3);
        assert.deepEqual(about({ ...existing, network }), []);
    });

    it("allow nothing while they are missing: no rule is without peers", () => {
        const { objects } = deriveAll({ catalogue, config: existing });
        for (const policy of objects.filter(
            ({ kind }) => kind === "NetworkPolicy",
        ) as readonly NetworkPolicy[]) {
            for (const { from = [] } of policy.spec?.ingress ?? [])
                assert.notEqual(from.length, 0, policy.metadata.name);
            for (const { to = [] } of policy.spec?.egress ?? [])
                assert.notEqual(to.length, 0, policy.metadata.name);
        }
    });
});
