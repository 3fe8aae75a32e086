import assert from "node:assert/strict";
import { AWS_CLIENTS } from "../../../components/shared/aws/clients";
import { autoscalerDocument } from "../../../components/cluster/eks/permissions/autoscaler";
import { certificatesDocument } from "../../../components/cluster/eks/permissions/certificates";
import type { Document, Statement } from "../../../components/cluster/eks/permissions/document";
import { loadBalancersDocument } from "../../../components/cluster/eks/permissions/load-balancers";
import { POLICY_ACTIONS, POLICY_VERSION } from "./load-balancer-actions";
import { privateCaDocument } from "../../../components/cluster/eks/permissions/private-ca";
import { LOAD_BALANCER_CONTROLLER } from "../../../config/versions";
import { type Registered, runProgram } from "../../support/program";

const config = { name: "mesh", region: "eu-central-1" };
const MESH_CA =
    "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/5f0e1d2c-3b4a-4958-8677-6a5b4c3d2e1f";
const ZONE = "arn:aws:route53:::hostedzone/Z0ZONE";
const DOCUMENTS: Record<keyof typeof AWS_CLIENTS, Document> = {
    "cert-manager": certificatesDocument(ZONE),
    "cluster-autoscaler": autoscalerDocument(config),
    "load-balancers": loadBalancersDocument(config),
    "private-ca": privateCaDocument(MESH_CA),
};

/** Read-only actions, and those that cannot be restricted to a resource, by name. */
const LOOKS = /^[a-z0-9-]+:(Describe|Get|List)/;

function changes(document: Document): { action: string; statement: Statement }[] {
    return document.Statement.flatMap((statement) =>
        statement.Action.filter((action) => !LOOKS.test(action)).map((action) => ({ action, statement })),
    );
}

describe("IAM permissions of programs in the cluster", () => {
    for (const [client, document] of Object.entries(DOCUMENTS)) {
        it(`${client}: no wildcard actions, each action once per statement`, () => {
            for (const { Action } of document.Statement) {
                assert.deepEqual(
                    Action.filter((action) => action.includes("*")),
                    [],
                );
                assert.deepEqual([...new Set(Action)], [...Action]);
            }
        });

        it(`${client}: write actions are restricted to this cluster's resources or to one zone`, () => {
            for (const { action, statement } of changes(document)) {
                const bound = JSON.stringify(statement.Condition ?? {});
                const ours =
                    bound.includes('"mesh"') ||
                    bound.includes("kubernetes.io/cluster/mesh") ||
                    bound.includes("k8s.io/cluster-autoscaler/mesh") ||
                    bound.includes("iam:AWSServiceName") ||
                    statement.Resource === ZONE ||
                    statement.Resource === MESH_CA ||
                    // A security group is created in a VPC; another statement restricts the group's name.
                    (action === "ec2:CreateSecurityGroup" &&
                        JSON.stringify(statement.Resource).endsWith(':vpc/*"'));
                assert.ok(ours, `${client} may ${action} on ${JSON.stringify(statement.Resource)}`);
            }
        });
    }

    it("for the autoscaler: to change the size of this cluster's node groups", () => {
        assert.deepEqual(
            changes(autoscalerDocument(config)).map(({ action }) => action),
            ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
        );
    });

    it("for cert-manager: to write challenges into one zone", () => {
        const [{ action, statement }, ...more] = changes(certificatesDocument(ZONE)) as [
            ReturnType<typeof changes>[number],
        ];
        assert.deepEqual(more, []);
        assert.equal(action, "route53:ChangeResourceRecordSets");
        assert.match(JSON.stringify(statement.Condition), /"TXT".*"_acme-challenge\.\*"/);
    });

    it("for the mesh root at AWS: to issue intermediates, which sign no other CA, from one CA", () => {
        assert.deepEqual(
            changes(privateCaDocument(MESH_CA)).map(({ action, statement }) => [action, statement.Condition]),
            [
                [
                    "acm-pca:IssueCertificate",
                    {
                        StringEquals: {
                            "acm-pca:TemplateArn":
                                "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1",
                        },
                    },
                ],
            ],
        );
    });

    it("for the load balancer controller: network load balancers, without WAF and certificates", () => {
        const services = new Set(
            loadBalancersDocument(config).Statement.flatMap(({ Action }) =>
                Action.map((action) => action.split(":")[0]),
            ),
        );
        assert.deepEqual([...services].sort(), ["ec2", "elasticloadbalancing", "iam"]);
        assert.ok(!JSON.stringify(loadBalancersDocument(config)).includes("loadbalancer/app"));
    });

    it("for the load balancer controller: all that its own policy lists, but for what network load balancers do not need", () => {
        assert.equal(
            LOAD_BALANCER_CONTROLLER,
            POLICY_VERSION,
            "list the actions of the new version's policy",
        );
        /** Actions that the controller calls for nothing that the program deploys, and why. */
        const unneeded: readonly (readonly [RegExp, string])[] = [
            [/^(acm|cognito-idp|iam:(Get|List)ServerCert)/, "TLS terminates at the gateways"],
            [/^(shield|waf-regional|wafv2):|:SetWebAcl$/, "the chart's values disable Shield and WAF"],
            [/ListenerCertificates$|SSLPolicies$|TrustStores$/, "of TLS listeners"],
            [/:(Create|Delete|Modify)Rule$|:SetRulePriorities$/, "of application load balancers"],
            [/Coip|Ipam|ModifyIpPools|SetIpAddressType/, "of address pools, which no Service names"],
            [/ModifyCapacityReservation$/, "of an annotation that no Service has"],
        ];
        // What remains are actions on resources that a network load balancer needs, such as reading listeners' rules.
        const expected = POLICY_ACTIONS.filter(
            (action) =>
                action === "elasticloadbalancing:DescribeListenerCertificates" ||
                !unneeded.some(([pattern]) => pattern.test(action)),
        );
        const allowed = new Set(loadBalancersDocument(config).Statement.flatMap(({ Action }) => Action));
        assert.deepEqual(
            expected.filter((action) => !allowed.has(action)),
            [],
        );
        assert.ok(allowed.has("elasticloadbalancing:DescribeRules"));
        for (const [pattern, why] of unneeded)
            assert.ok(
                POLICY_ACTIONS.some((one) => pattern.test(one)),
                why,
            );
    });
});

describe("IAM roles of workloads", () => {
    let all: readonly Registered[];
    before(async () => {
        all = await runProgram("prod");
    });
    const of = (type: string) => all.filter((one) => one.type === type);

    it("exist exactly for the programs that call AWS", () => {
        const accounts = of("aws:eks/podIdentityAssociation:PodIdentityAssociation").map(
            ({ inputs: { namespace, serviceAccount } }) => ({ namespace, serviceAccount }),
        );
        assert.deepEqual(accounts, Object.values(AWS_CLIENTS));
        const addOns = of("aws:eks/addon:Addon").flatMap(({ inputs }) =>
            ((inputs["podIdentityAssociations"] ?? []) as { serviceAccount: string }[]).map(
                ({ serviceAccount }) => serviceAccount,
            ),
        );
        assert.deepEqual(addOns, ["aws-node", "ebs-csi-controller-sa"]);
    });

    it("have AWS managed policies where they exist; nodes have none of their pods' permissions", () => {
        const attached = of("aws:iam/rolePolicyAttachment:RolePolicyAttachment").map(
            ({ inputs: { role, policyArn } }) =>
                `${String(role)} ${String(policyArn).replace("arn:aws:iam::aws:policy/", "")}`,
        );
        assert.deepEqual(attached.sort(), [
            "cluster-add-ons-late-aws-ebs-csi-driver-role service-role/AmazonEBSCSIDriverPolicy",
            "cluster-add-ons-vpc-cni-role AmazonEKS_CNI_Policy",
            "cluster-api-role AmazonEKSClusterPolicy",
            "cluster-nodes-role AmazonEC2ContainerRegistryPullOnly",
            "cluster-nodes-role AmazonEKSWorkerNodePolicy",
        ]);
    });

    it("each trust one kind of principal", () => {
        const trust = Object.fromEntries(
            of("aws:iam/role:Role").map(({ name, inputs }) => {
                const { Statement } = JSON.parse(String(inputs["assumeRolePolicy"])) as Document;
                return [name, Statement[0]?.Principal?.["Service"]];
            }),
        );
        assert.deepEqual(trust, {
            "cluster-api-role": "eks.amazonaws.com",
            "cluster-nodes-role": "ec2.amazonaws.com",
            "cluster-flow-logs-role": "vpc-flow-logs.amazonaws.com",
            "cluster-add-ons-vpc-cni-role": "pods.eks.amazonaws.com",
            "cluster-add-ons-late-aws-ebs-csi-driver-role": "pods.eks.amazonaws.com",
            "cluster-identities-cert-manager": "pods.eks.amazonaws.com",
            "cluster-identities-cluster-autoscaler": "pods.eks.amazonaws.com",
            "cluster-identities-load-balancers": "pods.eks.amazonaws.com",
            "cluster-identities-private-ca": "pods.eks.amazonaws.com",
        });
    });

    it("include none for AWS Private CA if the mesh root is not there", async () => {
        const dev = await runProgram("dev");
        assert.deepEqual(
            dev.filter(({ name }) => name.includes("private-ca")).map(({ name }) => name),
            [],
        );
    });

    it("allow the API server to use one key, and add nothing else", () => {
        const { inputs } = of("aws:iam/rolePolicy:RolePolicy").find(
            ({ name }) => name === "cluster-api-role-secrets",
        )!;
        const { Statement } = JSON.parse(String(inputs["policy"])) as Document;
        assert.deepEqual(Statement, [
            {
                Effect: "Allow",
                Action: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
                Resource: "arn:aws:kms:eu-central-1:111122223333:key/cluster-api-secrets",
            },
        ]);
    });
});
