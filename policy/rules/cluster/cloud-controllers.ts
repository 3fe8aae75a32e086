import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { objectRule } from "../../core/rule";

/** Services of AWS whose resources give rights, open networks or issue certificates. */
const SERVICES = ["acmpca", "ec2", "eks", "iam", "kms", "ram", "secretsmanager", "ssoadmin"] as const;

/** Kinds of these services that do neither. */
const HARMLESS = /^(DHCPOptions|ElasticIPAddress|FlowLog|Addon|Nodegroup|FargateProfile)$/;

const GROUPS: readonly string[] = [
    // AWS Controllers for Kubernetes (aws-controllers-k8s.github.io).
    ...SERVICES.map((service) => `${service}.services.k8s.aws/*`),
    // Crossplane's AWS provider, cluster-scoped, namespaced and its predecessor.
    ...SERVICES.flatMap((service) => [
        `${service}.aws.upbound.io/*`,
        `${service}.aws.m.upbound.io/*`,
        `${service}.aws.crossplane.io/*`,
    ]),
    // Google's Config Connector and Microsoft's Azure Service Operator.
    "iam.cnrm.cloud.google.com/*",
    "container.cnrm.cloud.google.com/*",
    "privateca.cnrm.cloud.google.com/*",
    "authorization.azure.com/*",
    "containerservice.azure.com/*",
    "managedidentity.azure.com/*",
];

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
        if (HARMLESS.test(subject.kind) || isExcepted(config, subject)) return;
        const group = subject.id.slice(0, subject.id.indexOf("/"));
        yield {
            subject,
            problem: `a controller applies it to the cloud (${group}), and no policy reads what it grants`,
            fix: "create the resource with the provider of that cloud, or add the object to this policy's exceptions with a reason and an end date.",
        };
    },
});
