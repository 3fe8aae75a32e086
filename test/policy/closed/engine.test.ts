/** What the Pulumi engine passes to the pack in addition to what a program registers, as observed in previews and updates. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Baseline } from "../../../policy/core/baseline";
import { type PolicyDefinition } from "../../../policy/core/rule";
import { RULES } from "../../../policy/rules";
import { registered } from "../support/registered";
import { findings, packConfig } from "../support/stacks";
import { type Stack } from "./edits";

type Inputs = Readonly<Record<string, unknown>>;

const ruleOf = (name: string): PolicyDefinition => RULES.find((rule) => rule.name === name)!;

/** Inputs that the AWS provider fills in. The engine drops the list of their names. */
const FILLED: Readonly<Record<string, Inputs>> = {
    "aws:cloudwatch/logGroup:LogGroup": { skipDestroy: false },
    "aws:ec2/natGateway:NatGateway": { connectivityType: "public" },
    "aws:ec2/securityGroup:SecurityGroup": { revokeRulesOnDelete: false },
    "aws:ec2/subnet:Subnet": { assignIpv6AddressOnCreation: false, enableDns64: false, ipv6Native: false },
    "aws:ec2/vpc:Vpc": { instanceTenancy: "default" },
    "aws:iam/role:Role": { forceDetachPolicies: false, maxSessionDuration: 3600, path: "/" },
    "aws:kms/key:Key": {
        customerMasterKeySpec: "SYMMETRIC_DEFAULT",
        isEnabled: true,
        keyUsage: "ENCRYPT_DECRYPT",
    },
};

/** Types for which the provider generates names. */
const AUTO_NAMED = [
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:ec2/securityGroup:SecurityGroup",
];

describe("additions of the Pulumi engine, with the profile closed", function () {
    this.timeout(240_000);
    const stacks = new Map<string, Stack>();

    before(async () => {
        for (const stack of ["local", "prod"]) stacks.set(stack, await registered(stack));
    });

    const problemsOf = (stack: string, policy: string, resources: Stack): readonly string[] => {
        const evaluated = resources.map(({ urn, type, name, properties }) => ({
            urn,
            type,
            name,
            props: properties,
        }));
        const config = { ...(packConfig(stack) as Readonly<Record<string, object>>)[policy] };
        const policyConfig = policy === "closed-settings" ? { ...config, simulated: true } : config;
        return findings(ruleOf(policy), evaluated, policyConfig).map(({ problem }) => problem);
    };

    const filled = (more: Readonly<Record<string, Inputs>>): Stack =>
        stacks.get("prod")!.map((resource) => ({
            ...resource,
            properties: {
                ...resource.properties,
                ...(AUTO_NAMED.includes(resource.type) ? { name: `${resource.name}-0a1b2c3` } : {}),
                ...more[resource.type],
            },
        }));

    it("accepts inputs that the AWS provider fills in", () => {
        assert.deepEqual(problemsOf("prod", "closed-settings", filled(FILLED)), []);
    });

    it("rejects other values of these inputs", () => {
        const problems = problemsOf(
            "prod",
            "closed-settings",
            filled({ "aws:kms/key:Key": { isEnabled: false } }),
        );
        assert.deepEqual(problems, ["isEnabled = false is not listed in the baseline"]);
        const named = problemsOf(
            "prod",
            "closed-settings",
            filled({ "aws:iam/rolePolicy:RolePolicy": { name: "x" } }),
        );
        assert.match(named[0]!, /^name = "x" is not listed/);
    });

    it("rejects inputs that the program lists in __defaults", () => {
        const zone = { enableAcceleratedRecovery: true, __defaults: ["enableAcceleratedRecovery"] };
        const problems = problemsOf("prod", "closed-settings", filled({ "aws:route53/zone:Zone": zone }));
        assert.deepEqual(problems, ["enableAcceleratedRecovery = true is not listed in the baseline"]);
    });

    it("lists every input that is another resource's output as a reference", () => {
        const { settings } = JSON.parse(
            readFileSync(join(__dirname, "..", "..", "..", "policy", "baseline", "prod.json"), "utf8"),
        ) as Baseline;
        const alias = settings["aws:kms/alias:Alias"]!["cluster-api-secrets"]!;
        assert.match(alias["targetKeyId"] ?? "", /^output: /);
        const endpoint = settings["aws:ec2/vpcEndpoint:VpcEndpoint"]!["cluster-endpoints-s3"]!;
        assert.match(endpoint["policy"] ?? "", /^output: /);
    });

    it("accepts cert-manager's component without inputs, and the default provider that the engine creates for it", () => {
        for (const [stack, resources] of stacks) {
            const provider = "pulumi:providers:kubernetes-cert-manager";
            const added = { urn: "urn:provider", type: provider, name: "default_0_2_0", protect: false };
            const shown = [
                ...resources.map((resource) =>
                    resource.type.startsWith("kubernetes-cert-manager:")
                        ? { ...resource, properties: {} }
                        : resource,
                ),
                { ...added, properties: { version: "0.2.0" }, outputs: {} },
            ];
            for (const policy of ["closed-kinds", "closed-settings", "closed-required"])
                assert.deepEqual(problemsOf(stack, policy, shown), [], `${policy} of ${stack}`);
        }
    });

    it("derives cert-manager's values as its provider does", () => {
        for (const resources of stacks.values()) {
            const release = resources.find(({ name }) => name === "cert-manager-cert-manager-helm");
            const { values } = release!.properties as { values: { resources: Inputs } };
            assert.deepEqual(values.resources["claims"], []);
        }
    });

    it("rejects default providers of packages for which the program creates a provider", () => {
        const added = {
            urn: "urn:provider",
            name: "default_7_48_0",
            protect: false,
            properties: {},
            outputs: {},
        };
        for (const type of [
            "pulumi:providers:aws",
            "pulumi:providers:kubernetes",
            "pulumi:providers:command",
        ]) {
            const [problem] = problemsOf("prod", "closed-kinds", [
                ...stacks.get("prod")!,
                { ...added, type },
            ]);
            assert.ok(problem?.includes(type), type);
        }
    });

    it("accepts releases with every field filled in, and the version of charts in local folders", () => {
        const empty = { postrender: "", keyring: "", description: "", devel: false, verify: false };
        for (const [stack, resources] of stacks) {
            const shown = resources.map((resource) => {
                if (resource.type !== "kubernetes:helm.sh/v3:Release") return resource;
                const inputs = resource.properties;
                const repositoryOpts = {
                    caFile: "",
                    password: "",
                    repo: "",
                    ...(inputs["repositoryOpts"] as Inputs),
                };
                return {
                    ...resource,
                    properties: { version: "1.31.1", ...empty, ...inputs, repositoryOpts },
                };
            });
            assert.deepEqual(problemsOf(stack, "closed-releases", shown), [], stack);
        }
    });
});
