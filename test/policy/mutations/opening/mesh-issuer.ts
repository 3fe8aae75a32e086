/** Second certificates from the mesh's issuer, policies of one revision, and cloud rights by Kubernetes objects. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, meta, type Mutation, type Props } from "../model";
import { added } from "./added";
import { addResource } from "./cloud";
import { MESH_CA } from "../../../../components/base/names";

const SYSTEM = "istio-system";

/** What else the issuer of istiod's CA could issue. */
export function ofMeshIssuer(stack: readonly EvaluatedResource[]): Mutation[] {
    const ca = stack.find(
        (one) =>
            one.properties["kind"] === "Certificate" &&
            meta(one).namespace === SYSTEM &&
            (one.properties["spec"] as Props)["secretName"] === MESH_CA.secret,
    );
    if (ca === undefined) return [];
    const { issuerRef } = ca.properties["spec"] as { issuerRef: Props };
    const issuer = stack.find(
        (one) => one.properties["kind"] === issuerRef["kind"] && meta(one).name === issuerRef["name"],
    );
    const arn = (issuer?.properties["spec"] as Props | undefined)?.["arn"];
    const payment = { uris: ["spiffe://cluster.local/ns/sparc/sa/payment"], issuerRef };
    return [
        added(
            "added: a certificate of the mesh's issuer",
            "cert-manager.io/v1",
            "Certificate",
            SYSTEM,
            "more",
            {
                ...payment,
                secretName: "more",
            },
        ),
        added("added: a second CA of the mesh's issuer", "cert-manager.io/v1", "Certificate", SYSTEM, "ca", {
            ...{ secretName: "ca", isCA: true, commonName: "ca", issuerRef },
        }),
        added(
            "added: a request to the mesh's issuer",
            "cert-manager.io/v1",
            "CertificateRequest",
            SYSTEM,
            "more",
            {
                ...{ request: "LS0t", issuerRef },
            },
        ),
        added("added: an issuer with istiod's key", "cert-manager.io/v1", "Issuer", SYSTEM, "more", {
            ca: { secretName: MESH_CA.secret },
        }),
        ...(typeof arn === "string" ? ofAwsAuthority(arn) : []),
    ];
}

function ofAwsAuthority(arn: string): Mutation[] {
    return [
        added(
            "added: an issuer with the mesh's CA",
            "awspca.cert-manager.io/v1beta1",
            "AWSPCAClusterIssuer",
            "",
            "more",
            {
                ...{ arn, region: "us-east-1" },
            },
        ),
        addResource("added: the mesh's CA for another account", "aws:acmpca/policy:Policy", "pca", {
            resourceArn: arn,
            policy: JSON.stringify({
                Statement: [
                    {
                        ...{ Effect: "Allow", Principal: { AWS: "999999999999" }, Resource: arn },
                        Action: ["acm-pca:IssueCertificate"],
                    },
                ],
            }),
        }),
        addResource(
            "added: the mesh's CA, shared",
            "aws:ram/resourceAssociation:ResourceAssociation",
            "pca",
            {
                ...{ resourceArn: arn, resourceShareArn: "arn:aws:ram:us-east-1:1:resource-share/x" },
            },
        ),
    ];
}

/** An object of Istio that the control plane ignores. */
export function ofRevisions(resource: EvaluatedResource): Mutation[] {
    const { apiVersion } = resource.properties as { apiVersion?: string };
    const kind = String(resource.properties["kind"]);
    if (apiVersion?.startsWith("security.istio.io/") !== true && kind !== "EnvoyFilter") return [];
    return [
        changed(`${kind}: only for another revision`, resource, (properties) => {
            const metadata = properties["metadata"] as Props;
            metadata["labels"] = { ...(metadata["labels"] as Props | undefined), "istio.io/rev": "stable" };
        }),
    ];
}

/** Cloud resources that a controller in the cluster creates. */
export function byCloudControllers(): Mutation[] {
    const anyone = JSON.stringify({
        Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
    });
    return [
        added("added: a role by ACK", "iam.services.k8s.aws/v1alpha1", "Role", "sparc", "ack", {
            ...{ name: "ci", assumeRolePolicyDocument: anyone },
        }),
        added(
            "added: a security group by ACK",
            "ec2.services.k8s.aws/v1alpha1",
            "SecurityGroup",
            "sparc",
            "ack",
            {
                ingressRules: [{ ipProtocol: "-1", ipRanges: [{ cidrIP: "0.0.0.0/0" }] }],
            },
        ),
        added(
            "added: an access entry by ACK",
            "eks.services.k8s.aws/v1alpha1",
            "AccessEntry",
            "sparc",
            "ack",
            {
                principalARN: "arn:aws:iam::999999999999:role/x",
            },
        ),
        added("added: a role by Crossplane", "iam.aws.upbound.io/v1beta1", "Role", "", "crossplane", {
            forProvider: { assumeRolePolicy: anyone },
        }),
    ];
}

/** Objects and cloud resources that no policy reads: another controller, template or provider creates them. */
export function byOtherInstallers(): Mutation[] {
    const manifest = {
        ...{ apiVersion: "security.istio.io/v1", kind: "PeerAuthentication" },
        metadata: { name: "default", namespace: "sparc" },
        spec: { mtls: { mode: "DISABLE" } },
    };
    return [
        added("added: a manifest by Crossplane", "kubernetes.crossplane.io/v1alpha2", "Object", "", "plain", {
            forProvider: { manifest },
        }),
        added(
            "added: a manifest by Open Cluster Management",
            "work.open-cluster-management.io/v1",
            "ManifestWork",
            "sparc",
            "plain",
            { workload: { manifests: [manifest] } },
        ),
        added(
            "added: a folder by Flux",
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            "flux-system",
            "plain",
            {
                ...{ path: "./", prune: true, sourceRef: { kind: "GitRepository", name: "plain" } },
            },
        ),
        addResource("added: a template of CloudFormation", "aws:cloudformation/stack:Stack", "roles", {
            ...{ templateBody: "{}", capabilities: ["CAPABILITY_NAMED_IAM"] },
        }),
        added(
            "added: a patched chart by Flux",
            "helm.toolkit.fluxcd.io/v2",
            "HelmRelease",
            "flux-system",
            "patched",
            {
                chart: { spec: { chart: "carts", sourceRef: { kind: "HelmRepository", name: "carts" } } },
                postRenderers: [{ kustomize: { patches: [{ patch: "x" }] } }],
            },
        ),
        added(
            "added: a copy of all Secrets",
            "external-secrets.io/v1alpha1",
            "ClusterPushSecret",
            "",
            "copies",
            { pushSecretSpec: {}, namespaceSelectors: [{}] },
        ),
        addResource("added: a mesh as an add-on", "aws:eks/addon:Addon", "other-mesh", {
            ...{ clusterName: "mesh", addonName: "tetrate-io_istio-distro" },
        }),
        addResource("added: a program", "pulumi-nodejs:dynamic:Resource", "program", { __provider: "x" }),
        addResource("added: an access entry by AWS Native", "aws-native:eks:AccessEntry", "admins", {
            principalArn: "arn:aws:iam::999999999999:role/x",
        }),
    ];
}
