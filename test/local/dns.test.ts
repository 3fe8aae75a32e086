import assert from "node:assert/strict";
import { corefile } from "../../local/node/addons/dns";

/** Server blocks of a Corefile: the zones of each, and its plugin names. */
function blocks(text: string): { zones: string[]; plugins: string[] }[] {
    return [...text.matchAll(/^(\S[^{\n]*) \{\n([\s\S]*?)^\}/gm)].map(([, zones = "", body = ""]) => ({
        zones: zones.split(" "),
        plugins: [...body.matchAll(/^ {4}([a-z]+)/gm)].map(([, plugin = ""]) => plugin),
    }));
}

describe("the local cluster's DNS", () => {
    const hosts = [
        { host: "mail.example.com", address: "198.18.0.1" },
        { host: "db.example.com", address: "198.18.0.2" },
        { host: "db.example.com", address: "198.18.0.2" },
    ];

    it("answers for the cluster and the declared hosts, denies every other name, and forwards nothing", () => {
        const blocksOf = blocks(corefile(hosts));
        assert.deepEqual(
            blocksOf.map(({ zones }) => zones),
            [
                ["cluster.local:53", "in-addr.arpa:53", "ip6.arpa:53"],
                ["mail.example.com:53", "db.example.com:53"],
                [".:53"],
            ],
        );
        const [cluster, declared, rest] = blocksOf;
        assert.ok(cluster?.plugins.includes("kubernetes"));
        assert.ok(declared?.plugins.includes("hosts"));
        assert.ok(rest?.plugins.includes("template"));
        assert.match(corefile(hosts), /template ANY ANY \{\n\s+rcode NXDOMAIN/);
        for (const { plugins } of blocksOf)
            for (const plugin of ["forward", "proxy", "file", "secondary", "grpc"])
                assert.ok(!plugins.includes(plugin));
        assert.doesNotMatch(corefile(hosts), /fallthrough/);
    });

    it("has no block for hosts without simulated external services", () => {
        assert.deepEqual(
            blocks(corefile([])).map(({ zones }) => zones.at(-1)),
            ["ip6.arpa:53", ".:53"],
        );
    });
});
