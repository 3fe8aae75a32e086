import assert from "node:assert/strict";
import { checkCatalogue } from "../../catalogue/check";
import type { Snapshot } from "../../cli/inventory/consul/read";
import { translate } from "../../cli/inventory/consul/translate";
import type { ReadObject } from "../../cli/inventory/model";
import { type RandomSource, randomSource } from "../support/random";
import { leavesOf } from "./leaves";

const NAMES = [
    "users",
    "web",
    "billing",
    "Legacy_App",
    "cache",
    "istiod",
    "a-from-b",
    "consul",
    "x".repeat(50),
    "*",
];
const FIELDS = [
    ...[
        "Name",
        "Protocol",
        "Routes",
        "Match",
        "HTTP",
        "PathPrefix",
        "PathExact",
        "Methods",
        "Destination",
        "RequestTimeout",
    ],
    ...[
        "NumRetries",
        "Splits",
        "Weight",
        "Subsets",
        "Filter",
        "Redirect",
        "Failover",
        "Sources",
        "Action",
        "Permissions",
    ],
    ...[
        "Precedence",
        "Listeners",
        "Services",
        "Hosts",
        "Upstreams",
        "Proxy",
        "DestinationServiceName",
        "DestinationName",
    ],
    ...[
        "Kind",
        "Port",
        "Tags",
        "Meta",
        "example.com/a",
        'a"b',
        "Weights",
        "Passing",
        "Service",
        "Node",
        "ID",
        "Status",
        "Type",
    ],
    ...[
        "UpstreamConfig",
        "Overrides",
        "Defaults",
        "Limits",
        "Config",
        "envoy_x_json",
        "TLS",
        "Unheard",
        "LoadBalancer",
    ],
    ...[
        "Policy",
        "HashPolicies",
        "Field",
        "FieldValue",
        "TaggedAddresses",
        "Address",
        "Addresses",
        "Session",
        "Template",
    ],
];
const KINDS = [
    ...[
        "service",
        "instance",
        "node",
        "check",
        "kv",
        "session",
        "prepared-query",
        "peering",
        "acl-token",
        "api-usage",
    ],
    ...[
        "service-defaults",
        "proxy-defaults",
        "service-router",
        "service-splitter",
        "service-resolver",
        "service-intentions",
    ],
    ...[
        "ingress-gateway",
        "terminating-gateway",
        "mesh",
        "exported-services",
        "http-route",
        "kind-of-the-future",
    ],
];

function value(random: RandomSource, depth: number): unknown {
    switch (random.integer(depth > 4 ? 4 : 7)) {
        case 0:
            return random.pick([
                ...NAMES,
                "allow",
                "deny",
                "http",
                "grpc",
                "5s",
                "/v1/",
                "GET",
                "connect-proxy",
                "",
            ]);
        case 1:
            return random.integer(3) * 4000;
        case 2:
            return random.integer(2) === 0;
        case 3:
            return null;
        case 4:
            return Array.from({ length: random.integer(4) }, () => value(random, depth + 1));
        default:
            return data(random, depth + 1);
    }
}

function data(random: RandomSource, depth: number): Record<string, unknown> {
    return Object.fromEntries(
        Array.from({ length: 1 + random.integer(6) }, () => [random.pick(FIELDS), value(random, depth)]),
    );
}

function snapshot(random: RandomSource): Snapshot {
    const objects = new Map<string, ReadObject>();
    for (let count = random.integer(30); count > 0; count -= 1) {
        const [kind, name, datacenter] = [
            random.pick(KINDS),
            random.pick(NAMES),
            random.pick(["dc1", "dc1", "dc2"]),
        ];
        const known =
            kind === "service"
                ? { Name: name, Tags: ["a"] }
                : kind === "instance"
                  ? { Service: name, ID: name }
                  : {};
        objects.set(`${kind} ${datacenter} ${name}`, {
            kind,
            name,
            datacenter,
            data: { ...data(random, 0), ...known },
        });
    }
    const isAllowedByDefault = [true, false, undefined][random.integer(3)];
    return {
        datacenters: ["dc1", "dc2"],
        objects: [...objects.values()],
        unread: [],
        notes: [],
        isAllowedByDefault,
    };
}

describe("the accounting of mesh inventory", () => {
    it("has every field of every object in exactly one item, and a valid draft, for objects of any shape", function () {
        this.timeout(120_000);
        const random = randomSource("Consul's objects");
        let fields = 0;
        for (let round = 0; round < 150; round += 1) {
            const read = snapshot(random);
            const { items, catalogue } = translate(read);
            for (const { kind, name, datacenter, data: raw } of read.objects) {
                const of = items.filter(
                    (item) => item.kind === kind && item.object === name && item.datacenter === datacenter,
                );
                const accounted = of.flatMap((item) => item.fields).sort();
                assert.deepEqual(accounted, leavesOf(raw), `${kind} ${name}`);
                assert.ok(of.length > 0);
                assert.ok(of.every(({ detail }) => detail.trim() !== ""));
                fields += accounted.length;
            }
            assert.equal(
                new Set(items.map(({ kind, object, datacenter }) => `${kind} ${datacenter} ${object}`)).size,
                read.objects.length,
            );
            assert.deepEqual(checkCatalogue(catalogue), []);
        }
        assert.ok(fields > 10_000, `${fields} fields`);
    });

    it("reports a field of a later version of Consul as work by hand", () => {
        const unheard = { Unheard: { Of: 1 } };
        const instance = { ID: "users", Service: "users", Node: "n", Port: 80, ...unheard };
        const data: Readonly<Record<string, Record<string, unknown>>> = {
            service: { Name: "users", Tags: [] },
            instance,
            "service-defaults": { Kind: "service-defaults", Name: "users", ...unheard },
            "service-resolver": { Kind: "service-resolver", Name: "users", ...unheard },
        };
        const objects = Object.entries(data).map(([kind, one]) => ({
            kind,
            name: "users",
            datacenter: "dc1",
            data: one,
        }));
        const snapshot = { datacenters: ["dc1"], objects, unread: [], notes: [], isAllowedByDefault: false };
        const found = translate(snapshot).items.filter(({ fields }) => fields.includes("Unheard.Of"));
        assert.deepEqual(
            found.map(
                ({ kind, outcome, detail }) => `${kind} ${outcome} ${detail.includes("no equivalent")}`,
            ),
            ["instance by-hand true", "service-defaults by-hand true", "service-resolver by-hand true"],
        );
    });
});
