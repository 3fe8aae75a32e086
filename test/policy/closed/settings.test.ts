/** Inputs of AWS resources, edited one by one: the profile closed has the value of each. */
import assert from "node:assert/strict";
import { registrations } from "../../../cli/policy/registrations";
import { UnknownField } from "../../../policy/core/read";
import { type Rule } from "../../../policy/core/rule";
import { RULES } from "../../../policy/rules";
import { outcomeOf } from "../mutations/score";
import { findings, fromYaml, packConfig } from "../support/stacks";
import { edit, find, type Stack } from "./edits";

type Edit = readonly [type: string, name: string, change: Readonly<Record<string, unknown>>];

const SETTINGS: Readonly<Record<string, Edit>> = {
    "a record that leads elsewhere": [
        "Record",
        "addresses-api",
        { aliases: undefined, records: ["203.0.113.66"] },
    ],
    "a firewall of names that allows all": ["ResolverFirewallRule", "cluster-dns-block", { action: "ALLOW" }],
    "a firewall of names that fails open": [
        "ResolverFirewallConfig",
        "cluster-dns-closed",
        { firewallFailOpen: "ENABLED" },
    ],
    "a domain more": ["ResolverFirewallDomainList", "cluster-dns-allowed", { "domains.0": "*" }],
    "flow logs of refusals alone": ["FlowLog", "cluster-flow-logs-all", { trafficType: "REJECT" }],
    "a key's policy": ["Key", "cluster-api-secrets", { policy: '{"Statement":[]}' }],
    "a security group's egress": [
        "SecurityGroupEgressRule",
        "cluster-firewall-nodes-out-443",
        { toPort: 65_535 },
    ],
    "nodes' user data": ["LaunchTemplate", "cluster-nodes-mesh", { userData: "IyEvYmluL3No" }],
    "another launch template of nodes": [
        "NodeGroup",
        "cluster-nodes-mesh-a",
        { "launchTemplate.id": "lt-1" },
    ],
    "another region of the provider": ["aws", "aws", { region: "us-east-1" }],
    "another region of a resource": ["Key", "cluster-api-secrets", { region: "us-east-1" }],
    "an alias that leads elsewhere": [
        "Record",
        "addresses-api",
        { "aliases.0.name": "balancer.example.net" },
    ],
    "an input that the program calls a default": [
        "PodIdentityAssociation",
        "cluster-identities-cert-manager",
        { targetRoleArn: "arn:aws:iam::999999999999:role/x", __defaults: ["targetRoleArn"] },
    ],
    "a listed input that the program calls a default": [
        "ResolverFirewallRule",
        "cluster-dns-block",
        { action: "ALLOW", __defaults: ["action"] },
    ],
    "a document with other references": ["RolePolicy", "cluster-api-role-secrets", { policy: "{}" }],
    "another principal": [
        "AccessEntry",
        "cluster-api-viewer-111122223333-role-on-call",
        { principalArn: "x" },
    ],
    "an add-on's values": ["Addon", "cluster-add-ons-late-coredns", { configurationValues: "{}" }],
    "another account that may assume a role": [
        "Role",
        "cluster-identities-cert-manager",
        {
            assumeRolePolicy:
                '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"sts:AssumeRole"}]}',
        },
    ],
    "the provider renders instead of applying": [
        "kubernetes",
        "cluster",
        { renderYamlToDirectory: "/tmp/x" },
    ],
    "the API server's log dropped": ["Cluster", "cluster-api-eks", { "enabledClusterLogTypes.4": undefined }],
};

const REFERENCES: Readonly<Record<string, Edit>> = {
    "another role of pods": [
        "PodIdentityAssociation",
        "cluster-identities-cert-manager",
        { roleArn: "arn:aws:iam::111122223333:role/admin" },
    ],
    "another role of nodes": [
        "NodeGroup",
        "cluster-nodes-mesh-a",
        { nodeRoleArn: "arn:aws:iam::1:role/admin" },
    ],
    "another security group": ["LaunchTemplate", "cluster-nodes-mesh", { vpcSecurityGroupIds: ["sg-open"] }],
    "rights written down": [
        "RolePolicy",
        "cluster-identities-cert-manager-calls",
        { policy: '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}' },
    ],
};

/** As `mesh policy` configures the pack. */
const simulated = { ...packConfig("prod"), "closed-settings": { baseline: "prod", simulated: true } };

const ruleOf = (name: string): Rule => RULES.find((rule) => rule.name === name)!;

describe("inputs of AWS resources in the profile closed", function () {
    this.timeout(240_000);
    let prod: Stack;

    before(async () => {
        prod = await registrations({ stack: "prod" });
    });

    for (const [policy, edits] of [
        ["closed-settings", SETTINGS],
        ["closed-references", REFERENCES],
    ] as const) {
        for (const [name, [type, key, change]] of Object.entries(edits)) {
            it(`${name}: refused by ${policy}`, () => {
                const resource = prod.find((one) => one.type.endsWith(`:${type}`) && one.name === key);
                assert.ok(resource, `prod has no ${type} ${key}`);
                const { policies } = outcomeOf({ ...edit(resource, change), names: [key] }, prod, simulated);
                assert.ok(policies.includes(policy), `refused by ${policies.join(", ") || "none"}`);
            });
        }
    }

    it("a firewall of names and flow logs that are gone: refused by closed-required", () => {
        for (const name of ["cluster-dns-vpc", "cluster-flow-logs-all"]) {
            const gone = prod.find((resource) => resource.type.startsWith("aws:") && resource.name === name)!;
            const mutation = { kind: "removed", target: name, names: [name] };
            const replace = new Map([[gone.urn, undefined]]);
            const { policies } = outcomeOf({ ...mutation, replace }, prod, packConfig("prod"));
            assert.ok(policies.includes("closed-required"), policies.join(", "));
        }
    });

    const association = (roleArn: PropertyDescriptor, more: object = {}) => {
        const props = Object.defineProperty(
            { namespace: "cert-manager", serviceAccount: "cert-manager", ...more },
            "roleArn",
            { enumerable: true, ...roleArn },
        );
        const type = "aws:eks/podIdentityAssociation:PodIdentityAssociation";
        return { urn: "urn", type, name: "dns", props };
    };
    const later = {
        get(): never {
            throw new UnknownField("roleArn", "urn");
        },
    };

    it("a reference must be to the resource that the baseline lists", () => {
        const rule = ruleOf("closed-references");
        const wrongOf = (source: string): readonly string[] => {
            const props = {
                namespace: "cert-manager",
                serviceAccount: "cert-manager",
                roleArn: "arn:aws:iam::1:role/x",
            };
            const type = "aws:eks/podIdentityAssociation:PodIdentityAssociation";
            const sources = { roleArn: [`urn:pulumi:test::test::aws:iam/role:Role::${source}`] };
            const resource = { urn: "urn", type, name: "dns", props, sources };
            return findings(rule, [resource], { baseline: "example" }).map(({ wrong }) => wrong);
        };
        assert.deepEqual(wrongOf("dns"), []);
        for (const other of ["admin", "other-dns"])
            assert.match(wrongOf(other).join(), /roleArn does not refer to dns/);
    });

    it("an output is not known in a preview, and anything in the update", () => {
        const rule = ruleOf("closed-settings");
        for (const roleArn of [later, { value: "arn:aws:iam::111122223333:role/dns-4f1" }])
            assert.deepEqual(findings(rule, [association(roleArn)], { baseline: "example" }), []);
    });

    it("a listed value may not become unknown, and nothing may come beside it", () => {
        const rule = ruleOf("closed-settings");
        const said = (more: object) => findings(rule, [association(later, more)], { baseline: "example" });
        assert.match(said({ targetRoleArn: "x" })[0]!.wrong, /targetRoleArn = "x" is not listed/);
        const record = fromYaml(
            "{ type: 'aws:route53/record:Record', name: api, properties: { name: api.shop.example.com, type: A, ttl: 60 } }",
        );
        const props = Object.defineProperty({ ...(record[0]!.props as object) }, "records", {
            enumerable: true,
            get: (): never => {
                throw new UnknownField("records", "urn");
            },
        });
        const [found] = findings(rule, [{ ...record[0]!, props }], { baseline: "example" });
        assert.match(
            found!.wrong,
            /^records is known only during the update, and the baseline lists a value/,
        );
    });

    it("defaults that AWS' provider fills in are not a change", () => {
        const filled = {
            __defaults: ["disableSessionTags", "description"],
            disableSessionTags: false,
            description: "Managed by Pulumi",
            tagsAll: { a: "b" },
        };
        const found = findings(ruleOf("closed-settings"), [association(later, filled)], {
            baseline: "example",
        });
        assert.deepEqual(found, []);
    });

    it("are listed for each stack on AWS", () => {
        assert.ok(prod.filter(({ type }) => type.startsWith("aws:")).length > 100);
        assert.throws(() => find(prod, "Record", "nobody"));
    });
});
