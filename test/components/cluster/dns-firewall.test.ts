import assert from "node:assert/strict";
import { platform as catalogue } from "../../../catalogue/platform";
import { type Registered, runProgram } from "../../support/program";

/** Whether a DNS Firewall list contains a name: literally, or below `*.`, as its developer guide specifies. */
function lists(domains: readonly string[], name: string): boolean {
    return domains.some((domain) =>
        domain.startsWith("*") ? name.endsWith(domain.slice(1)) : name === domain,
    );
}

describe("the DNS firewall of stack prod", () => {
    let all: readonly Registered[];
    const of = (kind: string) => all.filter(({ type }) => type.endsWith(`:ResolverFirewall${kind}`));
    const domains = (name: string) =>
        (of("DomainList").find((one) => one.name === name) ?? assert.fail(name)).inputs[
            "domains"
        ] as string[];
    before(async () => {
        all = await runProgram("prod");
    });

    it("resolves every host of the catalogue, and those that nodes and the mesh need", () => {
        const allowed = domains("cluster-dns-allowed");
        const used = new Set(Object.values(catalogue.services).flatMap(({ external = [] }) => external));
        const hosts = Object.entries(catalogue.external)
            .filter(([group]) => used.has(group))
            .flatMap(([, group]) => group.hosts.map(({ host }) => host));
        const needed = [
            ...hosts,
            "sts.eu-central-1.amazonaws.com",
            "602401143452.dkr.ecr.eu-central-1.amazonaws.com",
            "ABC.gr7.eu-central-1.eks.amazonaws.com",
            "route53.amazonaws.com",
            "acme-v02.api.letsencrypt.org",
            "login.sparc.example.com",
            "_acme-challenge.api.sparc.example.com",
            "registry-1.docker.io",
        ];
        assert.ok(hosts.length > 5);
        for (const name of needed) assert.ok(lists(allowed, name), name);
    });

    it("answers any other name with NXDOMAIN without forwarding it, and fails closed", () => {
        for (const name of ["c2VjcmV0.exfil.attacker.example.net", "example.com", "amazonaws.com", "evil.io"])
            assert.ok(!lists(domains("cluster-dns-allowed"), name), name);
        assert.deepEqual(domains("cluster-dns-all"), ["*"]);
        const rules = of("Rule")
            .map(({ inputs }) => [
                inputs["priority"],
                inputs["action"],
                inputs["firewallDomainListId"],
                inputs["blockResponse"],
            ])
            .sort();
        assert.deepEqual(rules, [
            [100, "ALLOW", "cluster-dns-allowed-id", undefined],
            [200, "BLOCK", "cluster-dns-all-id", "NXDOMAIN"],
        ]);
        const [association] = of("RuleGroupAssociation");
        assert.equal(association?.inputs["vpcId"], "cluster-network-vpc-id");
        assert.deepEqual(association.dependsOn, ["cluster-dns-allow", "cluster-dns-block"]);
        assert.equal(of("Config")[0]?.inputs["firewallFailOpen"], "DISABLED");
    });
});
