import { HARMLESS_ADD_ONS } from "../../core/eks-add-ons";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { fields, isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Services of AWS whose resources give rights, open networks, issue certificates, or create any other resource. */
const SERVICES = [
    "acmpca",
    "autoscaling",
    "cloudformation",
    "ec2",
    "eks",
    "elb",
    "elbv2",
    "iam",
    "identitystore",
    "kms",
    "networkfirewall",
    "organizations",
    "ram",
    "rolesanywhere",
    "route53resolver",
    "secretsmanager",
    "ssm",
    "ssoadmin",
] as const;

/**
 * Kinds of these services that neither give rights nor open a network, whatever their fields. Not among them: a node group
 * and a Fargate profile, because EKS accepts anyone who has their role as a node; DHCP options, which name the DNS servers.
 */
const HARMLESS: ReadonlySet<string> = new Set(["ElasticIPAddress", "FlowLog"]);

/** Fields of an add-on that give it rights, or set what its pods do. */
const ADD_ON_RIGHTS = /^(serviceAccountRole|podIdentityAssociation|configurationValues)/i;

const GROUPS: readonly string[] = [
    // AWS Controllers for Kubernetes (aws-controllers-k8s.github.io).
    ...SERVICES.map((service) => `${service}.services.k8s.aws/*`),
    "services.k8s.aws/AdoptedResource",
    "services.k8s.aws/IAMRoleSelector",
    // Crossplane's AWS provider, cluster-scoped, namespaced and its predecessor.
    ...SERVICES.flatMap((service) => [
        `${service}.aws.upbound.io/*`,
        `${service}.aws.m.upbound.io/*`,
        `${service}.aws.crossplane.io/*`,
    ]),
    // Google's Config Connector and Microsoft's Azure Service Operator.
    "iam.cnrm.cloud.google.com/*",
    "compute.cnrm.cloud.google.com/*",
    "container.cnrm.cloud.google.com/*",
    "privateca.cnrm.cloud.google.com/*",
    "authorization.azure.com/*",
    "containerservice.azure.com/*",
    "managedidentity.azure.com/*",
    "network.azure.com/*",
    // Controllers that run a whole program or template, or manage clusters: Terraform, OpenTofu, Pulumi, Cluster API.
    "app.terraform.io/*",
    "infra.contrib.fluxcd.io/*",
    "tf.upbound.io/*",
    "tf.m.upbound.io/*",
    "opentofu.upbound.io/*",
    "opentofu.m.upbound.io/*",
    "auto.pulumi.com/*",
    "pulumi.com/Program",
    "pulumi.com/Stack",
    "controlplane.cluster.x-k8s.io/*",
    "infrastructure.cluster.x-k8s.io/*",
];

/** API groups of these controllers. */
export const CLOUD_GROUPS: readonly string[] = GROUPS.map((entry) => entry.slice(0, entry.indexOf("/")));

export const cloudControllers = objectRule<WithExceptions>({
    name: "cluster-cloud-controllers",
    area: "cluster",
    title: "No Kubernetes object grants cloud rights or opens cloud networks",
    severity: "high",
    why: "a controller in the cluster applies such an object with its own cloud rights, and no policy of this pack reads roles, trust policies or security groups in it",
    remediation:
        "Create roles, keys, access entries and security groups as resources of the program, which the policies of the area cluster evaluate.",
    appliesTo: GROUPS,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata: { name: ci, namespace: shop }
spec: { name: ci, assumeRolePolicyDocument: '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}' }
`,
        compliant: `
apiVersion: s3.services.k8s.aws/v1alpha1
kind: Bucket
metadata: { name: reports, namespace: shop }
spec: { name: reports }
`,
    },
    *evaluate(subject, config) {
        if (HARMLESS.has(subject.kind) || isExcepted(config, subject)) return;
        if (subject.kind === "Addon" && !grantsByAddOn(subject)) return;
        const group = subject.id.slice(0, subject.id.indexOf("/"));
        yield {
            subject,
            problem: `a controller applies it to the cloud (${group}), and no policy reads what it grants`,
            fix: "create the resource with the provider of that cloud, or add the object to this policy's exceptions with a reason and an end date.",
        };
    },
});

/** Whether an add-on has rights or settings of its own, or is not one that only observes or stores. */
function grantsByAddOn({ spec }: Subject): boolean {
    // Crossplane has its fields in `forProvider` and `initProvider`.
    const places = [spec, fields(spec["forProvider"]), fields(spec["initProvider"])];
    const rights = places.some((settings) =>
        Object.keys(settings).some((key) => ADD_ON_RIGHTS.test(key) && isNonEmpty(settings[key])),
    );
    const names = places
        .flatMap((settings) => [textAt(settings, "name"), textAt(settings, "addonName")])
        .filter((name) => name !== undefined);
    return rights || names.length === 0 || names.some((name) => !HARMLESS_ADD_ONS.has(name));
}
