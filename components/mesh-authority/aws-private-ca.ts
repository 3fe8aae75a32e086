/**
 * The mesh's root in AWS Private CA (docs/adr/0032-mesh-root-in-aws-private-ca.md): cert-manager requests the
 * intermediate CA as from any issuer, and aws-privateca-issuer has AWS sign it. The root's key is in no cluster and
 * not in Pulumi's state.
 */
import type { MeshConfig } from "../../config/schema";
import { AWS_PRIVATE_CA_ISSUER } from "../../config/versions";
import { AWS_CLIENTS } from "../shared/aws/clients";
import { UNTIL_READY } from "../shared/tls/certificate-settings";
import { pinned, repositoryAndTag } from "../shared/pods/images";
import { COMMON_LABELS } from "../base/labels";
import type {
    AwsPrivateCaIssuerManifest,
    CertificateManifest,
    Chart,
    Derived,
    Release,
} from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { restrictedContainer, restrictedPod } from "../shared/pods/pod-security";
import { BEFORE_CNI, placement } from "../shared/pods/pools";
import { awsPrivateCaRights } from "./aws-private-ca-rights";

type AwsPrivateCa = Extract<MeshConfig["certificates"]["mesh"], { from: "aws-private-ca" }>;

const GROUP = "awspca.cert-manager.io";
/** The chart's user. */
const USER = 65532;

export function awsPrivateCa(
    config: MeshConfig,
    mesh: AwsPrivateCa,
): Derived & { issuerRef: CertificateManifest["spec"]["issuerRef"] } {
    const name = issuerName(mesh.arn);
    return {
        releases: [release(config, mesh)],
        objects: [...awsPrivateCaRights(name), issuer(name, mesh.arn)],
        issuerRef: { name, kind: "AWSPCAIssuer", group: GROUP },
    };
}

/** @returns mistakes of a root in AWS Private CA with regard to the cluster */
export function awsPrivateCaProblems({ certificates: { mesh }, cluster }: MeshConfig): string[] {
    if (mesh.from !== "aws-private-ca") return [];
    if (cluster.from !== "eks")
        return [
            "certificates.mesh: aws-private-ca needs Pod Identity and a VPC endpoint, which the stack creates only in a cluster from eks, " +
                `but cluster.from is ${cluster.from}; use authority or self-signed, or a cluster from eks`,
        ];
    const region = regionOf(mesh.arn);
    return region === cluster.region
        ? []
        : [
              `certificates.mesh.arn: the CA is in ${region}, but from the cluster in ${cluster.region} only that region's AWS Private ` +
                  "CA is reachable; use a CA in the cluster's region, such as a subordinate CA",
          ];
}

/**
 * Named after its CA: cert-manager reissues a Certificate when it names another issuer, and not when its issuer
 * changes.
 */
function issuerName(arn: string): string {
    return `mesh-root-${/certificate-authority\/([0-9a-f]{8})/.exec(arn)?.[1] ?? ""}`;
}

function regionOf(arn: string): string {
    return arn.split(":")[3] ?? "";
}

/** In the control plane's namespace: a ClusterIssuer would issue a CA of the mesh to any namespace. */
function issuer(name: string, arn: string): AwsPrivateCaIssuerManifest {
    return {
        apiVersion: `${GROUP}/v1beta1`,
        kind: "AWSPCAIssuer",
        metadata: { name, namespace: NAMESPACES.system, labels: COMMON_LABELS, annotations: UNTIL_READY },
        spec: { arn, region: regionOf(arn) },
    };
}

function release(config: MeshConfig, { chart, image }: AwsPrivateCa): Release {
    const { namespace, serviceAccount } = AWS_CLIENTS["private-ca"];
    return {
        name: serviceAccount,
        namespace,
        chart: chartOf(chart),
        values: {
            replicaCount: config.certificates.replicas,
            image: repositoryAndTag(pinned(`${image}:${AWS_PRIVATE_CA_ISSUER}`, config)),
            serviceAccount: { create: true, name: serviceAccount },
            // The chart's roles can read every Secret, and let cert-manager approve requests for any AWS issuer.
            rbac: { create: false },
            approverRole: { enabled: false },
            podSecurityContext: restrictedPod(USER),
            securityContext: restrictedContainer(),
            resources: {
                requests: { cpu: "10m", memory: "64Mi" },
                limits: { cpu: "200m", memory: "128Mi" },
            },
            ...placement(config, "system", BEFORE_CNI),
        },
        after: [],
    };
}

function chartOf(chart: AwsPrivateCa["chart"]): Chart {
    const name = "aws-privateca-issuer";
    return chart.from === "folder"
        ? { from: "folder", path: chart.path, name }
        : { from: "repository", repository: chart.repository, name, version: AWS_PRIVATE_CA_ISSUER };
}
