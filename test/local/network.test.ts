import assert from "node:assert/strict";

import { freeSubnet, overlap, subnets } from "../../local/node/network";

describe("the veth pair's subnet", () => {
    it("is the first that overlaps no route", () => {
        assert.equal(freeSubnet([])?.cidr, "10.254.77.0/30");
        assert.equal(
            freeSubnet([{ destination: "10.254.77.0/24", interface: "eth1" }])?.cidr,
            "10.254.78.0/30",
        );
        assert.equal(freeSubnet([{ destination: "10.0.0.0/8", interface: "tun0" }])?.cidr, "172.31.254.0/30");
    });

    it("ignores the default route and the node's route", () => {
        const routes = [
            { destination: "default", interface: "eth0" },
            { destination: "10.254.77.0/30", interface: "sparc-mesh0" },
            { destination: "10.254.77.1", interface: "sparc-mesh0" },
        ];
        assert.equal(freeSubnet(routes)?.cidr, "10.254.77.0/30");
    });

    it("does not exist if all candidates overlap routes", () => {
        const routes = ["0.0.0.0/1", "128.0.0.0/1"].map((destination) => ({
            destination,
            interface: "tun0",
        }));
        assert.equal(freeSubnet(routes), undefined);
    });

    it("contains one address each for host and node", () => {
        for (const { cidr, host, node } of subnets) {
            assert.ok(overlap(cidr, host) && overlap(cidr, node), cidr);
            assert.notEqual(host, node);
        }
    });
});

describe("overlapping networks", () => {
    const cases: [string, string, boolean][] = [
        ["10.0.0.0/8", "10.254.77.0/30", true],
        ["10.254.77.0/30", "10.254.77.3", true],
        ["10.254.77.0/30", "10.254.77.4", false],
        ["0.0.0.0/0", "203.0.113.9", true],
        ["192.168.0.0/17", "192.168.128.0/17", false],
    ];
    for (const [a, b, expected] of cases)
        it(`${a} and ${b} ${expected ? "overlap" : "do not"}, either way round`, () => {
            assert.equal(overlap(a, b), expected);
            assert.equal(overlap(b, a), expected);
        });
});
