/** Hosts in private networks, such as managed databases in the VPC: reachable addresses, and the results of explain. */
import assert from "node:assert/strict";
import type { Catalogue } from "../../../catalogue/model";
import { explain } from "../../../cli/explain/explain";
import { MeshSnapshot } from "../../../cli/lib/snapshot/snapshot";
import type { Manifest } from "../../../components/base/manifest";
import {
    externalDestinations,
    privateNetworkProblems,
} from "../../../components/shared/addresses/private-networks";
import { platformProblems } from "../../../components/check";
import { deriveAll } from "../../../components/concerns";
import { testConfig } from "../../support/config";
import type { MeshConfig } from "../../../config/schema";
import { type Connection, queryTraffic, onlyDirection } from "../../support/cyclonus";
import { NETWORKS, RDS, platformWithDatabases, prodWith } from "../../support/databases";
import { requireToolchain } from "../../support/istiod/control-plane";

const catalogue = platformWithDatabases();
const config = prodWith();
const derived = deriveAll({ catalogue, config });

/** Addresses with what they are: copied here, not derived by the program. */
const PLACES = {
    database: ["10.96.128.7", "10.96.129.255"],
    cache: ["10.96.130.63"],
    besides: ["10.96.127.255", "10.96.130.64", "10.96.131.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"],
    cluster: ["10.96.0.10", "172.20.0.1", "172.20.3.4", "10.96.227.5", "10.96.224.9", "169.254.169.254"],
    internet: ["198.51.100.7"],
};

/** Exactly the connections that the egress gateway must reach. */
const isReached = (place: keyof typeof PLACES, port: number) =>
    (place === "database" && port === 5432) ||
    (place === "cache" && port === 6379) ||
    (place === "internet" && [443, 465, 5432].includes(port));

describe("hosts in private networks", function () {
    this.timeout(240_000);

    it("are reachable for the egress gateway at exactly the listed addresses and ports, by cyclonus", async function () {
        const cyclonus = (await requireToolchain(this)).program("cyclonus");
        const policies = derived.objects.filter((object) => object.kind === "NetworkPolicy");
        const pods = {
            "istio-egressgateway": "istio-egress",
            billing: "sparc",
            auth: "sparc",
            video: "sparc",
            postgres: "databases",
        };
        const matrix = Object.entries(pods).flatMap(([name, namespace]) =>
            (Object.keys(PLACES) as (keyof typeof PLACES)[]).flatMap((place) =>
                PLACES[place].flatMap((address) =>
                    [5432, 6379, 443, 465, 22].map((port) => ({
                        what: `${name} → ${address}:${port} (${place})`,
                        source: { namespace, labels: { "sparc.dev/service": name } },
                        destination: { address },
                        port,
                        expected: name === "istio-egressgateway" && isReached(place, port),
                    })),
                ),
            ),
        );
        const verdicts = queryTraffic(
            cyclonus,
            policies.flatMap((policy) => onlyDirection(policy, "Egress")),
            matrix satisfies readonly Connection[],
        );
        const wrong = matrix
            .filter(({ expected }, index) => verdicts[index] !== expected)
            .map(({ what, expected }) => `${what}: should be ${expected ? "allowed" : "denied"}`);
        assert.deepEqual(wrong, []);
        assert.equal(verdicts.filter(Boolean).length, 6);
    });

    it("are explained in accordance with the NetworkPolicies, with an address and without", () => {
        const snapshot = new MeshSnapshot(derived);
        const explained = (source: string, destination: string, address?: string) => {
            const [one] = explain(snapshot, catalogue, {
                source,
                destination,
                ...(address === undefined ? {} : { address }),
            });
            assert.ok(one !== undefined);
            const { allowed, steps } = one.verdict;
            return {
                allowed,
                conditions: steps
                    .filter(({ layer }) => layer === "NetworkPolicy egress")
                    .flatMap(({ conditions }) => conditions)
                    .join("; "),
            };
        };
        for (const address of PLACES.database)
            assert.deepEqual(
                explained("billing", "rds", address),
                { allowed: true, conditions: "" },
                address,
            );
        for (const address of [...PLACES.cache, ...PLACES.besides, ...PLACES.cluster])
            assert.equal(explained("billing", "rds", address).allowed, false, address);
        assert.equal(explained("auth", "sessions", "10.96.130.1").allowed, true);
        assert.equal(explained("auth", "sessions", "10.96.130.64").allowed, false);
        assert.equal(explained("auth", "sessions", "198.51.100.7").allowed, false);
        // A caller that does not use the group, with any address.
        assert.equal(explained("video", "rds", "10.96.128.7").allowed, false);
        const unknown = explained("auth", "sessions");
        assert.equal(unknown.allowed, true);
        assert.match(unknown.conditions, /^its address is in 10\.96\.130\.0\/26$/);
        // Field report F11: a public group whose address is private.
        assert.equal(explained("analytics", "apm", "10.96.128.7").allowed, false);
    });

    it("are in the mesh like any external host: one ServiceEntry, exported only to its callers", () => {
        const entry = derived.objects.find(
            (object): object is Extract<Manifest, { kind: "ServiceEntry" }> =>
                object.kind === "ServiceEntry" && object.metadata.name === RDS,
        );
        assert.deepEqual(entry?.spec, {
            hosts: [RDS],
            exportTo: ["istio-egress", "sparc"],
            location: "MESH_EXTERNAL",
            resolution: "DNS",
            ports: [{ number: 5432, name: "tcp-5432", protocol: "TCP" }],
        });
    });

    it("add only their addresses and ports to the nodes' security group", () => {
        assert.deepEqual(externalDestinations({ catalogue, config }), [
            { cidr: "0.0.0.0/0", port: 443 },
            { cidr: "0.0.0.0/0", port: 465 },
            { cidr: "10.96.128.0/24", port: 5432 },
            { cidr: "10.96.129.0/24", port: 5432 },
            { cidr: "0.0.0.0/0", port: 5432 },
            { cidr: "10.96.130.0/26", port: 6379 },
        ]);
    });
});

describe("egress.networks", () => {
    const problems = (networks: Readonly<Record<string, string[]>>, of: Catalogue = catalogue) =>
        platformProblems({ catalogue: of, config: prodWith(networks) });

    it("accepts subnets of the VPC that the cluster does not use, and peered networks", () => {
        assert.deepEqual(problems(NETWORKS), []);
        assert.deepEqual(problems({ databases: ["10.8.0.0/20"], caches: ["192.168.3.0/24"] }), []);
    });

    for (const [cidr, why] of [
        ["10.96.0.0/24", /overlaps 10\.96\.0\.0\/19, the pods' and nodes' addresses/],
        ["172.20.5.0/24", /overlaps 172\.20\.0\.0\/16, the Services' addresses/],
        ["10.96.227.0/30", /overlaps 10\.96\.227\.0\/28, the API server's/],
        ["10.96.227.64/28", /the load balancers' addresses/],
        ["10.96.224.0/26", /the load balancers' addresses/],
        ["10.96.227.160/28", /the VPC endpoints' addresses/],
        ["10.96.0.0/16", /wider than \/19/],
        ["0.0.0.0/0", /is not in a range of private addresses/],
        ["198.51.100.0/24", /is not in a range of private addresses/],
        ["169.254.169.254/32", /is not in a range of private addresses/],
        ["10.0.0.0/7", /is not in a range of private addresses/],
    ] as const)
        it(`rejects ${cidr}, with the key and the fix`, () => {
            const messages = problems({ ...NETWORKS, databases: [cidr] });
            assert.equal(messages.length, 1, messages.join("\n"));
            assert.match(messages[0] ?? "", /^egress\.networks\.databases\.0: /);
            assert.match(messages[0] ?? "", why);
            assert.match(messages[0] ?? "", /list /);
        });

    it("accepts 8,192 addresses in all networks that the catalogue uses, as the policy pack does", () => {
        const accepted = [
            { databases: ["10.8.0.0/20"], caches: ["10.8.16.0/20"] },
            // Overlapping and duplicate ranges count once; a network without a host does not count.
            { databases: ["10.8.0.0/19", "10.8.0.0/24"], caches: ["10.8.0.0/19"] },
            { databases: ["10.8.0.0/19"], caches: ["10.8.1.0/24"], spare: ["10.9.0.0/19"] },
        ];
        for (const networks of accepted) assert.deepEqual(problems(networks), [], JSON.stringify(networks));
        assert.deepEqual(problems({ databases: ["10.8.0.0/19"], caches: ["10.8.32.0/32"] }), [
            "egress.networks: caches, databases together have 8193 addresses, and the policy pack accepts 8192 " +
                "(network-cidr-size); list only the subnets in which the hosts are",
        ]);
        assert.match(
            problems({
                databases: ["10.8.0.0/20", "10.9.0.0/20", "10.10.0.0/30"],
                caches: ["10.8.0.0/20"],
            }).join(),
            /together have 8196 addresses/,
        );
    });

    it("must list every network of the catalogue; all missing ones are reported at once", () => {
        const messages = problems({});
        assert.equal(messages.length, 2);
        assert.match(
            messages[0] ?? "",
            /external group rds is in the network databases, which is not listed; add egress\.networks\.databases/,
        );
    });

    it("requires the pod and Service CIDRs of a stack with an existing cluster", () => {
        const existing: MeshConfig = {
            ...config,
            cluster: { from: "existing", name: "shared", region: "eu-west-1", pools: false },
            network: {
                ...config.network,
                apiServerCidrs: ["10.1.0.0/28"],
                nodeCidrs: ["10.2.0.0/24"],
                loadBalancerCidrs: ["10.3.0.0/24"],
            },
        };
        const about = (network: Partial<MeshConfig["network"]>) =>
            privateNetworkProblems({
                catalogue,
                config: { ...existing, network: { ...existing.network, ...network } },
            });
        assert.deepEqual(
            about({}).map((problem) => problem.split(":")[0]),
            ["network.podCidrs", "network.serviceCidrs"],
        );
        assert.deepEqual(about({ podCidrs: ["10.4.0.0/16"], serviceCidrs: ["10.5.0.0/16"] }), []);
        assert.match(
            about({ podCidrs: ["10.96.128.0/20"], serviceCidrs: ["10.5.0.0/16"] }).join("\n"),
            /the pods' addresses/,
        );
    });

    it("is rejected with invalid names and values", () => {
        const parse = (networks: unknown) => () =>
            testConfig({ domain: "mesh.example.com", egress: { networks } });
        assert.throws(parse({ internet: ["10.1.0.0/24"] }), /must not be "internet"/);
        assert.throws(parse({ Databases: ["10.1.0.0/24"] }), /such as databases/);
        assert.throws(parse({ databases: [] }), /at least one range/);
        assert.throws(parse({ databases: ["10.1.0.0/33"] }), /must be an IPv4 range/);
    });
});
