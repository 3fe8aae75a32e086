/** Inputs of AWS resources, edited one by one: the profile closed lists the value of each. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Baseline } from "../../../policy/core/baseline";
import { UnknownField } from "../../../policy/core/read";
import { type PolicyDefinition } from "../../../policy/core/rule";
import { RULES } from "../../../policy/rules";
import { outcomeOf } from "../mutations/score";
import { registered } from "../support/registered";
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
    "an additional domain": ["ResolverFirewallDomainList", "cluster-dns-allowed", { "domains.0": "*" }],
    "flow logs of rejected traffic only": ["FlowLog", "cluster-flow-logs-all", { trafficType: "REJECT" }],
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
    "SSH to the nodes, called a default": [
        "NodeGroup",
        "cluster-nodes-mesh-a",
        { remoteAccess: { ec2SshKey: "ops", __defaults: ["ec2SshKey"] } },
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

/** The pack's configuration, as `mesh policy` sets it. */
const simulated = { ...packConfig("prod"), "closed-settings": { baseline: "prod", simulated: true } };

const ruleOf = (name: string): PolicyDefinition => RULES.find((rule) => rule.name === name)!;

describe("inputs of AWS resources with the profile closed", function () {
    this.timeout(240_000);
    let prod: Stack;

    before(async () => {
        prod = await registered("prod");
    });

    for (const [policy, edits] of [
        ["closed-settings", SETTINGS],
        ["closed-references", REFERENCES],
    ] as const) {
        for (const [name, [type, key, change]] of Object.entries(edits)) {
            it(`${name}: rejected by ${policy}`, () => {
                const resource = prod.find((one) => one.type.endsWith(`:${type}`) && one.name === key);
                assert.ok(resource, `prod has no ${type} ${key}`);
                const { policies } = outcomeOf({ ...edit(resource, change), names: [key] }, prod, simulated);
                assert.ok(policies.includes(policy), `refused by ${policies.join(", ") || "none"}`);
            });
        }
    }

    it("removed DNS firewall and flow logs: rejected by closed-required", () => {
        for (const name of ["cluster-dns-vpc", "cluster-flow-logs-all"]) {
            const resource = prod.find(
                (resource) => resource.type.startsWith("aws:") && resource.name === name,
            )!;
            const mutation = { kind: "removed", target: name, names: [name] };
            const replace = new Map([[resource.urn, undefined]]);
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

    it("requires a reference to be to the resource that the baseline lists", () => {
        const rule = ruleOf("closed-references");
        const problemsOf = (...sources: readonly string[]): readonly string[] => {
            const props = {
                namespace: "cert-manager",
                serviceAccount: "cert-manager",
                roleArn: "arn:aws:iam::1:role/x",
            };
            const type = "aws:eks/podIdentityAssociation:PodIdentityAssociation";
            const urns = sources.map((source) => `urn:pulumi:test::test::sparc:cluster:Role$${source}`);
            const resource = { urn: "urn", type, name: "dns", props, sources: { roleArn: urns } };
            return findings(rule, [resource], { baseline: "example" }).map(({ problem }) => problem);
        };
        const role = "aws:iam/role:Role::dns";
        assert.deepEqual(problemsOf(role), []);
        for (const others of [
            ["aws:iam/role:Role::admin"],
            ["aws:iam/role:Role::other-dns"],
            // Another type with the same name, and an additional role.
            ["aws:iam/policy:Policy::dns"],
            [role, "aws:iam/role:Role::admin"],
        ])
            assert.match(
                problemsOf(...others).join(),
                /^roleArn refers to .*, but the baseline lists a reference to/,
            );
    });

    it("lists the references of documents, names and zones too", () => {
        const { references } = JSON.parse(
            readFileSync(join(__dirname, "..", "..", "..", "policy", "baseline", "prod.json"), "utf8"),
        ) as Baseline;
        const referencesOf = (type: string, name: string) => references[type]?.[name];
        assert.deepEqual(referencesOf("aws:route53/record:Record", "addresses-api")?.["zoneId"], [
            "aws:route53/zone:Zone::cluster-zone",
        ]);
        assert.deepEqual(
            referencesOf("aws:iam/rolePolicy:RolePolicy", "cluster-identities-cert-manager-calls"),
            {
                policy: ["aws:route53/zone:Zone::cluster-zone"],
                role: ["aws:iam/role:Role::cluster-identities-cert-manager"],
            },
        );
    });

    it("accepts an unknown output in a preview, but not in an update", () => {
        const rule = ruleOf("closed-settings");
        for (const roleArn of [later, { value: "arn:aws:iam::111122223333:role/dns-4f1" }])
            assert.deepEqual(findings(rule, [association(roleArn)], { baseline: "example" }), []);
    });

    it("rejects a listed value that becomes unknown, and additional values", () => {
        const rule = ruleOf("closed-settings");
        const violationsFor = (more: object) =>
            findings(rule, [association(later, more)], { baseline: "example" });
        assert.match(violationsFor({ targetRoleArn: "x" })[0]!.problem, /targetRoleArn = "x" is not listed/);
        const record = fromYaml(
            "{ type: 'aws:route53/record:Record', name: api, properties: { name: api.shop.example.com, type: A, ttl: 60 } }",
        );
        const props = Object.defineProperty({ ...(record[0]!.props as object) }, "records", {
            enumerable: true,
            get: (): never => {
                throw new UnknownField("records", "urn");
            },
        });
        const [violation] = findings(rule, [{ ...record[0]!, props }], { baseline: "example" });
        assert.match(
            violation!.problem,
            /^records is unknown until the update, but the baseline lists a value/,
        );
    });

    it("lists the inputs for each stack on AWS", () => {
        assert.ok(prod.filter(({ type }) => type.startsWith("aws:")).length > 100);
        assert.throws(() => find(prod, "Record", "unknown"));
    });
});
