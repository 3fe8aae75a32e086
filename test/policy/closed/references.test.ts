/** References between AWS resources with the values of an update: the profile closed compares them with the target's outputs. */
import assert from "node:assert/strict";
import { type PolicyDefinition } from "../../../policy/core/rule";
import { type EngineResource } from "../../../policy/core/subject";
import { RULES } from "../../../policy/rules";
import { registered } from "../support/registered";
import { findings, packConfig } from "../support/stacks";

type Inputs = Readonly<Record<string, unknown>>;
type Change = Partial<Pick<EngineResource, "props" | "sources">>;

const POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation::cluster-identities-cert-manager";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy::cluster-api-role-secrets";
const RECORD = "aws:route53/record:Record::addresses-api";
const S3_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint::cluster-endpoints-s3";
const EC2_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint::cluster-endpoints-ec2";
const ZONE_POLICY = "aws:iam/rolePolicy:RolePolicy::cluster-identities-cert-manager-calls";
const ZONE = "aws:route53/zone:Zone::cluster-zone";
const NODE_GROUP = "aws:eks/nodeGroup:NodeGroup::cluster-nodes-mesh-a";
const ROLE = "aws:iam/role:Role::cluster-identities-cert-manager";

describe("references of AWS resources in an update, with the profile closed", function () {
    this.timeout(240_000);
    const rule: PolicyDefinition = RULES.find(({ name }) => name === "closed-references")!;
    const stacks = new Map<string, readonly EngineResource[]>();

    before(async () => {
        for (const stack of ["local", "dev", "prod"]) {
            const resources = await registered(stack);
            const arns = resources.flatMap(({ outputs }) => outputs?.["arn"] ?? []) as string[];
            stacks.set(
                stack,
                resources.map(({ urn, type, name, properties, outputs, sources }) => ({
                    urn,
                    type,
                    name,
                    props: deployed({ ...properties, ...outputs }, arns),
                    sources: sources ?? {},
                })),
            );
        }
    });

    const problemsOf = (stack: string, changes: Readonly<Record<string, Change>> = {}): readonly string[] => {
        const resources = stacks.get(stack)!.map((resource) => {
            const change = changes[`${resource.type}::${resource.name}`] ?? {};
            const props = { ...(resource.props as Inputs), ...(change.props as Inputs | undefined) };
            return { ...resource, ...change, props };
        });
        const config = packConfig(stack) as Readonly<Record<string, object>>;
        return findings(rule, resources, config[rule.name]).map(({ problem }) => problem);
    };

    for (const stack of ["local", "dev", "prod"])
        it(`accepts ${stack} with the outputs of an account`, () => {
            assert.deepEqual(problemsOf(stack), []);
        });

    for (const [title, key, props, pattern] of [
        [
            "another role in place of the listed role's ARN",
            POD_IDENTITY,
            { roleArn: "arn:aws:iam::111122223333:role/evil" },
            /^roleArn is "arn:aws:iam::111122223333:role\/evil", which is no output of aws:iam\/role:Role::/,
        ],
        [
            "a role with the same name in another account",
            POD_IDENTITY,
            { roleArn: "arn:aws:iam::999999999999:cluster-identities-cert-manager" },
            /^roleArn is .*, which is no output of/,
        ],
        [
            "a document without the listed key",
            ROLE_POLICY,
            { policy: '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}' },
            /^policy is .*, which is no output of aws:kms\/key:Key::cluster-api-secrets/,
        ],
    ] as const)
        it(`rejects ${title}, although the engine reports the listed source`, () => {
            const problems = problemsOf("prod", { [key]: { props } });
            assert.equal(problems.length, 1);
            assert.match(problems[0]!, pattern);
        });

    const propsOf = (key: string): Inputs =>
        stacks.get("prod")!.find(({ type, name }) => `${type}::${name}` === key)!.props as Inputs;

    it("rejects a document with the listed ARN that grants more", () => {
        for (const key of [ROLE_POLICY, S3_ENDPOINT, ZONE_POLICY]) {
            const { policy } = propsOf(key) as { policy: string };
            const { Statement, ...rest } = JSON.parse(policy) as { Statement: object[] };
            const wide = { Effect: "Allow", Action: "*", Resource: "*", Principal: "*" };
            for (const changed of [
                JSON.stringify({ ...rest, Statement: [...Statement, wide] }),
                policy.replace(/"Action":\s*\[/, '"Action":["iam:PassRole",'),
                policy.replace(/"Effect":"Allow"/, '"Effect":"Allow","NotAction":"x"'),
                `${policy} `,
            ]) {
                if (changed === policy) continue;
                const problems = problemsOf("prod", { [key]: { props: { policy: changed } } });
                assert.equal(problems.length, 1, `${key} ${changed}`);
                assert.match(problems[0]!, /^policy is .*, which is no output of/);
            }
        }
    });

    it("rejects a list in which one element repeats another listed resource", () => {
        const { subnetIds } = propsOf(EC2_ENDPOINT) as { subnetIds: string[] };
        const [first = ""] = subnetIds;
        const repeated = [first, first, ...subnetIds.slice(2)];
        const problems = problemsOf("prod", { [EC2_ENDPOINT]: { props: { subnetIds: repeated } } });
        assert.equal(problems.length, 1);
        assert.match(problems[0]!, /^subnetIds\[1\] is .*, which is no output of/);
    });

    it("rejects another output of the listed resource", () => {
        const { name } = propsOf(ROLE) as { name: string };
        const problems = problemsOf("prod", { [POD_IDENTITY]: { props: { roleArn: name } } });
        assert.equal(problems.length, 1);
    });

    for (const [what, version] of [
        ["an earlier version", "6"],
        ["the version of a stack without a cloud", "0"],
        ["the default version", "$Default"],
        ["a number", 6],
    ] as const)
        it(`rejects ${what} of the listed launch template`, () => {
            const { launchTemplate } = propsOf(NODE_GROUP) as { launchTemplate: Inputs };
            const problems = problemsOf("prod", {
                [NODE_GROUP]: { props: { launchTemplate: { ...launchTemplate, version } } },
            });
            assert.equal(problems.length, 1);
            assert.match(
                problems[0]!,
                /^launchTemplate\.version is .*, which is no output of aws:ec2\/launchTemplate/,
            );
        });

    for (const [what, key, change] of [
        ["an address range", POD_IDENTITY, { roleArn: "0.0.0.0/0" }],
        ["a wildcard", ROLE_POLICY, { policy: "*" }],
        ["an account", ROLE_POLICY, { role: "999999999999" }],
        ["a number", POD_IDENTITY, { roleArn: 999999999999 }],
    ] as const)
        it(`rejects ${what} in place of an output`, () => {
            const problems = problemsOf("prod", { [key]: { props: change } });
            assert.equal(problems.length, 1);
            assert.match(problems[0]!, /, which is no output of/);
        });

    it("accepts names that the provider generates, and a zone's ARN that contains its ID", () => {
        const name = "cluster-api-role-0a1b2c3";
        const arn = "arn:aws:route53:::hostedzone/Z0123456789";
        const { arn: before } = propsOf(ZONE) as { arn: string };
        const { policy } = propsOf(ZONE_POLICY) as { policy: string };
        const changes = {
            "aws:iam/role:Role::cluster-api-role": { props: { name, id: name } },
            [ROLE_POLICY]: { props: { role: name } },
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-api-role-AmazonEKSClusterPolicy": {
                props: { role: name },
            },
            [ZONE]: { props: { arn } },
            [ZONE_POLICY]: { props: { policy: policy.replaceAll(before, arn) } },
        };
        assert.deepEqual(problemsOf("prod", changes), []);
    });

    it("evaluates no value of a target that has no outputs yet", () => {
        const changes = {
            [POD_IDENTITY]: { props: { roleArn: "arn:aws:iam::111122223333:role/new" } },
            [ROLE]: { props: { arn: undefined, id: undefined } },
        };
        assert.deepEqual(problemsOf("prod", changes), []);
    });

    it("rejects a literal in place of a lookup that depends on listed resources", () => {
        const aliases = [{ name: "evil.example.net", zoneId: "Z0EVIL", evaluateTargetHealth: false }];
        const problems = problemsOf("prod", { [RECORD]: { props: { aliases }, sources: {} } });
        assert.match(
            problems.join("\n"),
            /^aliases\[0\]\.name is the literal "evil\.example\.net", but the baseline lists a lookup that depends on kubernetes:helm/m,
        );
    });
});

/** The properties with outputs as in an AWS account, in place of the simulated ones. */
function deployed(properties: Inputs, arns: readonly string[]): Inputs {
    const longestFirst = [...arns].sort((a, b) => b.length - a.length);
    const text = longestFirst
        .reduce(
            (current, arn) => current.replaceAll(arn, arn.replace(":::", "::111122223333:")),
            JSON.stringify(properties),
        )
        .replaceAll(/"aws:[\w-]+\/\w+:(\w+)\//g, '"$1-0a1b-')
        .replaceAll('"Z0"', '"Z0123456789"')
        .replaceAll("hostedzone/Z0", "hostedzone/Z0123456789")
        // The security group of the API server, which is no identifier.
        .replaceAll('"sg-cluster-api-eks"', '"sg-0a1b2c3d"')
        .replaceAll('"version":"0"', '"version":"7"')
        .replaceAll('"latestVersion":0', '"latestVersion":7');
    return JSON.parse(text) as Inputs;
}
