import assert from "node:assert/strict";
import { EKS_ADDONS, EKS_VERSION } from "../../../config/versions";
import { ACCOUNT } from "../../support/aws";
import { type Registered, runProgram } from "../../support/program";

const PROTECTED = [
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:eks/cluster:Cluster",
    "aws:kms/key:Key",
    "aws:route53/zone:Zone",
];

/** How many of each type; so also no bucket, no instance, no load balancer, no key pair. */
const COUNTS = {
    dev: { nats: 1, groups: 7, rules: 10, entries: 1, records: 10, clients: 3 },
    // One more AWS client than dev: the mesh root is at AWS Private CA.
    prod: { nats: 3, groups: 9, rules: 10, entries: 2, records: 10, clients: 4 },
} as const;

for (const [stack, counts] of Object.entries(COUNTS)) {
    describe(`the AWS resources of stack ${stack}`, () => {
        let all: Registered[];
        const outputs: Record<string, unknown> = {};
        const of = (type: string) => all.filter((one) => one.type === type);
        const named = (name: string, type?: string) => {
            const items = all.filter((one) => one.name === name && (type === undefined || one.type === type));
            return items[0] ?? assert.fail(`there is no ${name}`);
        };
        before(async () => {
            all = (await runProgram(stack, {}, outputs)).filter(
                ({ type }) => /^(aws|sparc:cluster):/.test(type) || type.startsWith("pulumi:providers"),
            );
        });

        it("have exactly these types and numbers", () => {
            const tally: Record<string, number> = {};
            // dns-firewall.test.ts counts the DNS firewall's.
            for (const { type } of all)
                if (/^aws:(?!route53\/resolver)/.test(type)) tally[type] = (tally[type] ?? 0) + 1;
            assert.deepEqual(tally, {
                "aws:route53/zone:Zone": 1,
                "aws:ec2/vpc:Vpc": 1,
                "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": 1,
                "aws:ec2/internetGateway:InternetGateway": 1,
                "aws:ec2/routeTable:RouteTable": 4,
                "aws:ec2/route:Route": 4,
                "aws:ec2/subnet:Subnet": 15,
                "aws:ec2/routeTableAssociation:RouteTableAssociation": 15,
                "aws:ec2/eip:Eip": counts.nats,
                "aws:ec2/natGateway:NatGateway": counts.nats,
                "aws:ec2/securityGroup:SecurityGroup": 2,
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": counts.rules - 1,
                "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 4,
                "aws:ec2/vpcEndpoint:VpcEndpoint": 7 + counts.clients,
                "aws:kms/key:Key": 1,
                "aws:kms/alias:Alias": 1,
                "aws:cloudwatch/logGroup:LogGroup": 2,
                "aws:ec2/flowLog:FlowLog": 1,
                "aws:iam/role:Role": 5 + counts.clients,
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment": 5,
                "aws:iam/rolePolicy:RolePolicy": 2 + counts.clients,
                "aws:eks/cluster:Cluster": 1,
                "aws:eks/accessEntry:AccessEntry": counts.entries,
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": 1,
                "aws:eks/addon:Addon": 6,
                "aws:ec2/launchTemplate:LaunchTemplate": 3,
                "aws:eks/nodeGroup:NodeGroup": counts.groups,
                "aws:eks/podIdentityAssociation:PodIdentityAssociation": counts.clients,
                "aws:route53/record:Record": counts.records,
            });
        });

        it("are only in the stack's region, and tagged with the cluster's name", () => {
            const [provider, ...more] = of("pulumi:providers:aws");
            assert.deepEqual(more, []);
            assert.equal(provider?.inputs["region"], "eu-central-1");
            assert.deepEqual(JSON.parse(String(provider.inputs["defaultTags"])), {
                tags: { "sparc.dev/cluster": `sparc-mesh-${stack}`, "sparc.dev/managed-by": "sparc-mesh" },
            });
        });

        it("have a parent component, whose name prefixes theirs", () => {
            for (const { type, name, parent } of all) {
                if (!type.startsWith("aws:")) continue;
                assert.ok(parent !== undefined && parent !== "", `${type} ${name} has no parent`);
                assert.ok(name.startsWith(parent), `${type} ${name} has the parent ${parent}`);
            }
        });

        it("expose only NAT gateways and load balancers to the Internet", () => {
            for (const { inputs } of of("aws:ec2/subnet:Subnet"))
                assert.equal(inputs["mapPublicIpOnLaunch"], false);
            const publicRoutes = of("aws:ec2/route:Route").filter(({ inputs }) => "gatewayId" in inputs);
            assert.deepEqual(
                publicRoutes.map(({ inputs }) => inputs["routeTableId"]),
                ["cluster-network-public-id"],
            );
            const cluster = named("cluster-api-eks").inputs["vpcConfig"] as Record<string, unknown>;
            assert.deepEqual(cluster, {
                endpointPrivateAccess: true,
                endpointPublicAccess: false,
                subnetIds: ["a", "b", "c"].map((zone) => `cluster-network-control-plane-${zone}-id`),
            });
            for (const { inputs } of of("aws:eks/nodeGroup:NodeGroup"))
                assert.match(String(inputs["subnetIds"]), /^cluster-network-private-[abc]-id$/);
            for (const { name, inputs } of of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"))
                assert.notEqual(inputs["cidrIpv4"], "0.0.0.0/0", name);
            assert.deepEqual(Object.keys(named("cluster-network-default").inputs).sort(), ["tags", "vpcId"]);
        });

        it(`have ${counts.nats} NAT gateway(s), and a default route in every zone`, () => {
            const ways = ["a", "b", "c"].map(
                (zone) => named(`cluster-network-private-${zone}-out`).inputs["natGatewayId"],
            );
            const zones = stack === "dev" ? ["a", "a", "a"] : ["a", "b", "c"];
            assert.deepEqual(
                ways,
                zones.map((zone) => `cluster-network-nat-${zone}-id`),
            );
        });

        it("allow the API server to reach istiod, and only nodes and listed networks to reach the API server", () => {
            const rules = of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").map(
                ({ inputs: { securityGroupId, referencedSecurityGroupId, cidrIpv4, fromPort } }) =>
                    [referencedSecurityGroupId ?? cidrIpv4, securityGroupId, fromPort ?? "all"].join(" "),
            );
            const network = stack === "dev" ? "10.64.0.0/16" : "10.96.0.0/16";
            assert.deepEqual(
                rules.sort(),
                [
                    `${network} cluster-endpoints-endpoints-id 443`,
                    "10.8.0.0/16 sg-api 443",
                    "cluster-firewall-nodes-id cluster-firewall-nodes-id all",
                    "cluster-firewall-nodes-id sg-api 443",
                    "sg-api cluster-firewall-nodes-id 10250",
                    "sg-api cluster-firewall-nodes-id 10251",
                    "sg-api cluster-firewall-nodes-id 15012",
                    "sg-api cluster-firewall-nodes-id 15017",
                    "sg-api cluster-firewall-nodes-id 9443",
                ].sort(),
            );
        });

        it("create a cluster with all logs, encrypted Secrets, and access entries for users", () => {
            const { inputs } = named("cluster-api-eks");
            assert.equal(inputs["version"], EKS_VERSION);
            assert.deepEqual(inputs["accessConfig"], {
                authenticationMode: "API",
                bootstrapClusterCreatorAdminPermissions: true,
            });
            assert.deepEqual(inputs["enabledClusterLogTypes"], [
                "api",
                "audit",
                "authenticator",
                "controllerManager",
                "scheduler",
            ]);
            assert.deepEqual(inputs["encryptionConfig"], {
                provider: { keyArn: "arn:aws:kms:eu-central-1:111122223333:key/cluster-api-secrets" },
                resources: ["secrets"],
            });
            assert.equal(inputs["deletionProtection"], stack === "prod");
            assert.equal(named("cluster-api-secrets", "aws:kms/key:Key").inputs["enableKeyRotation"], true);
            const policies = of("aws:eks/accessPolicyAssociation:AccessPolicyAssociation").map(
                ({ inputs: { policyArn, principalArn } }) => `${String(principalArn)} ${String(policyArn)}`,
            );
            const policy = "arn:aws:eks::aws:cluster-access-policy";
            assert.deepEqual(policies, [
                `arn:aws:iam::${ACCOUNT}:role/platform-engineer ${policy}/AmazonEKSClusterAdminPolicy`,
            ]);
        });

        it("pin the add-ons, and create those that nodes need before the nodes, the others after", () => {
            const addOns = of("aws:eks/addon:Addon");
            assert.deepEqual(
                Object.fromEntries(addOns.map(({ inputs }) => [inputs["addonName"], inputs["addonVersion"]])),
                EKS_ADDONS,
            );
            const cni = JSON.parse(
                String(named("cluster-add-ons-vpc-cni").inputs["configurationValues"]),
            ) as { enableNetworkPolicy: string; env: Record<string, string> };
            assert.equal(cni.enableNetworkPolicy, "true");
            assert.equal(cni.env["ENABLE_PREFIX_DELEGATION"], "true");
            assert.equal(cni.env["NETWORK_POLICY_ENFORCING_MODE"], "strict");
            const nodes = named("cluster-nodes");
            for (const addOn of ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"])
                assert.ok(nodes.dependsOn.includes(`cluster-add-ons-${addOn}`), addOn);
            for (const addOn of ["coredns", "aws-ebs-csi-driver", "metrics-server"])
                for (const { name } of of("aws:eks/nodeGroup:NodeGroup"))
                    assert.ok(named(`cluster-add-ons-late-${addOn}`).dependsOn.includes(name), addOn);
        });

        it("create nodes with encrypted gp3 volumes and IMDSv2, which pods cannot reach", () => {
            for (const { inputs } of of("aws:ec2/launchTemplate:LaunchTemplate")) {
                assert.deepEqual(inputs["metadataOptions"], {
                    httpEndpoint: "enabled",
                    httpTokens: "required",
                    httpPutResponseHopLimit: 1,
                });
                const [{ ebs }] = inputs["blockDeviceMappings"] as [{ ebs: Record<string, unknown> }];
                assert.deepEqual([ebs["volumeType"], ebs["encrypted"]], ["gp3", "true"]);
                assert.deepEqual(inputs["vpcSecurityGroupIds"], ["cluster-firewall-nodes-id"]);
                assert.ok(!("keyName" in inputs) && !("networkInterfaces" in inputs));
            }
        });

        it("leave the number of nodes to the autoscaler, and create new nodes before removing old ones", () => {
            for (const { name, inputs, ignoreChanges } of of("aws:eks/nodeGroup:NodeGroup")) {
                assert.deepEqual(ignoreChanges, ["scalingConfig.desiredSize"], name);
                assert.deepEqual(inputs["updateConfig"], { maxUnavailable: 1, updateStrategy: "DEFAULT" });
            }
        });

        it("taint every pool, since all have pods that wait for istio-cni, and reserve all but the system pool", () => {
            const groups = of("aws:eks/nodeGroup:NodeGroup").map(({ name, inputs }) => {
                const taints = (inputs["taints"] ?? []) as { key: string; value: string }[];
                return [
                    name.replace(/^cluster-nodes-/, ""),
                    (inputs["labels"] as Record<string, string>)["sparc.dev/pool"],
                    ...taints.map(({ key, value }) => `${key}=${value}`),
                ].join(" ");
            });
            const zones = {
                dev: { system: 2, mesh: 3, ingress: 2 },
                prod: { system: 3, mesh: 3, ingress: 3 },
            };
            const expected = (["system", "mesh", "ingress"] as const).flatMap((pool) =>
                ["a", "b", "c"]
                    .slice(0, zones[stack as "dev" | "prod"][pool])
                    .map((zone) =>
                        [
                            `${pool}-${zone} ${pool}`,
                            ...(pool === "system" ? [] : [`sparc.dev/pool=${pool}`]),
                            "cni.istio.io/not-ready=true",
                        ].join(" "),
                    ),
            );
            assert.deepEqual(groups, expected);
        });

        it(`${stack === "prod" ? "protect" : "do not protect"} irreplaceable resources`, () => {
            const guarded = all.filter(({ protect }) => protect).map(({ type }) => type);
            assert.deepEqual(guarded.sort(), stack === "prod" ? PROTECTED : []);
        });

        it("exist before any object in the cluster", () => {
            const provider = named("cluster", "pulumi:providers:kubernetes");
            // Add-ons with pods come after their NetworkPolicies.
            const needed = [
                ...of("aws:eks/nodeGroup:NodeGroup"),
                ...of("aws:eks/addon:Addon").filter(({ name }) => !name.startsWith("cluster-add-ons-late-")),
                ...of("aws:eks/podIdentityAssociation:PodIdentityAssociation"),
            ].map(({ name }) => name);
            assert.deepEqual(
                needed.filter((name) => !provider.dependsOn.includes(name)),
                [],
            );
            assert.equal(
                provider.inputs["clusterIdentifier"],
                "https://0A1B2C.gr7.eu-central-1.eks.amazonaws.com",
            );
        });

        it("create a DNS record to the gateway's load balancer for every exposed host", () => {
            const records = of("aws:route53/record:Record").map(({ inputs }) => {
                const [{ name }] = inputs["aliases"] as [{ name: string }];
                return `${String(inputs["name"])} ${name.split(".")[0] ?? ""}`;
            });
            const domain = stack === "dev" ? "dev.sparc.example.com" : "sparc.example.com";
            assert.ok(records.includes(`api.${domain} istio-ingress-istio-ingressgateway`), String(records));
            assert.ok(records.includes(`admin.${domain} istio-ingress-istio-admingateway`), String(records));
            for (const { name, dependsOn } of of("aws:route53/record:Record"))
                assert.ok(dependsOn.includes("gateways-istio-ingressgateway"), name);
        });
    });
}
