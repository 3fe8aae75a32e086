/** Cloud resources that a controller creates from Kubernetes objects. */
import { itAccepts, itRejects } from "./assertions";

const object = (api: string, kind: string, spec = ""): string =>
    `{ apiVersion: ${api}, kind: ${kind}, metadata: { name: c, namespace: shop }, spec: { ${spec} } }`;
const ACK_EKS = "eks.services.k8s.aws/v1alpha1";
const CROSSPLANE_EKS = "eks.aws.upbound.io/v1beta1";

describe("cloud resources by Kubernetes objects", () => {
    itRejects("cluster-cloud-controllers", [
        { what: "ACK's role", yaml: object("iam.services.k8s.aws/v1alpha1", "Role") },
        { what: "ACK's security group", yaml: object("ec2.services.k8s.aws/v1alpha1", "SecurityGroup") },
        { what: "ACK's CA", yaml: object("acmpca.services.k8s.aws/v1alpha1", "Certificate") },
        { what: "Crossplane's role", yaml: object("iam.aws.upbound.io/v1beta1", "Role") },
        { what: "Google's rights", yaml: object("iam.cnrm.cloud.google.com/v1beta1", "IAMPolicyMember") },
        { what: "ACK's node group", yaml: object(ACK_EKS, "Nodegroup", 'nodeRole: "arn:aws:iam::1:role/x"') },
        { what: "Crossplane's node group", yaml: object(CROSSPLANE_EKS, "NodeGroup") },
        { what: "ACK's Fargate profile", yaml: object(ACK_EKS, "FargateProfile") },
        { what: "ACK's DHCP options", yaml: object("ec2.services.k8s.aws/v1alpha1", "DHCPOptions") },
        ...[
            "name: aws-ebs-csi-driver, serviceAccountRoleARN: arn",
            "name: aws-ebs-csi-driver, serviceAccountRoleRef: { from: { name: admin } }",
            "name: aws-ebs-csi-driver, podIdentityAssociations: [{ roleARN: arn, serviceAccount: x }]",
            "name: aws-ebs-csi-driver, configurationValues: '{}'",
            "name: vpc-cni, addonVersion: v1.0.0",
        ].map((spec) => ({ what: `ACK's add-on with ${spec}`, yaml: object(ACK_EKS, "Addon", spec) })),
        ...["forProvider", "initProvider"].map((place) => ({
            what: `Crossplane's add-on with a role in ${place}`,
            yaml: object("eks.aws.m.upbound.io/v1beta1", "Addon", `${place}: { serviceAccountRoleArn: arn }`),
        })),
        {
            what: "Crossplane's add-on of the network",
            yaml: object(CROSSPLANE_EKS, "Addon", "forProvider: { addonName: kube-proxy }"),
        },
        { what: "ACK's roles by namespace", yaml: object("services.k8s.aws/v1alpha1", "IAMRoleSelector") },
        { what: "ACK's adopted resource", yaml: object("services.k8s.aws/v1alpha1", "AdoptedResource") },
        {
            what: "a template of CloudFormation",
            yaml: object("cloudformation.services.k8s.aws/v1alpha1", "Stack"),
        },
        { what: "a program of Terraform", yaml: object("infra.contrib.fluxcd.io/v1alpha2", "Terraform") },
        { what: "a workspace of Terraform", yaml: object("tf.upbound.io/v1beta1", "Workspace") },
        { what: "a program of Pulumi", yaml: object("pulumi.com/v1", "Stack") },
        {
            what: "a control plane of Cluster API",
            yaml: object("controlplane.cluster.x-k8s.io/v1beta2", "AWSManagedControlPlane"),
        },
        { what: "Azure's rights", yaml: object("authorization.azure.com/v1api20220401", "RoleAssignment") },
    ]);
    itAccepts("cluster-cloud-controllers", [
        { what: "ACK's bucket", yaml: object("s3.services.k8s.aws/v1alpha1", "Bucket") },
        {
            what: "ACK's add-on",
            yaml: object(ACK_EKS, "Addon", "name: aws-ebs-csi-driver, serviceAccountRoleARN: ''"),
        },
        {
            what: "Crossplane's add-on",
            yaml: object(CROSSPLANE_EKS, "Addon", "forProvider: { addonName: adot }"),
        },
        { what: "ACK's flow log", yaml: object("ec2.services.k8s.aws/v1alpha1", "FlowLog") },
        { what: "ACK's address", yaml: object("ec2.services.k8s.aws/v1alpha1", "ElasticIPAddress") },
        {
            what: "a role of Kubernetes",
            yaml: "{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: r, namespace: shop }, rules: [] }",
        },
    ]);
});
