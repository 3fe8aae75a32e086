/**
 * The mesh's root at AWS Private CA (docs/adr/0032-the-root-outside-the-cluster.md): cert-manager asks for the intermediate CA
 * as from any issuer, and aws-privateca-issuer has AWS sign it. The root's key is in no cluster and no state of Pulumi's.
 */
import type { MeshConfig } from "../../config/schema";
import { AWS_PRIVATE_CA_ISSUER } from "../../config/versions";
import { AWS_CLIENTS } from "../base/aws-clients";
import { UNTIL_READY } from "../base/certificates";
import { pinned, repositoryAndTag } from "../base/images";
import { COMMON_LABELS } from "../base/labels";
import type {
    AwsPrivateCaIssuerManifest,
    CertificateManifest,
    Chart,
    Derived,
    Release,
} from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { restrictedContainer, restrictedPod } from "../base/pod-security";
import { placement } from "../base/pools";
import { awsPrivateCaRights } from "./aws-private-ca-rights";

type AwsPrivateCa = Extract<MeshConfig["certificates"]["mesh"], { from: "aws-private-ca" }>;

const GROUP = "awspca.cert-manager.io";
/** As the chart has it. */
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

/** @returns what is wrong with a root at AWS, beside where the cluster is */
export function awsPrivateCaProblems({ certificates: { mesh }, cluster }: MeshConfig): string[] {
    if (mesh.from !== "aws-private-ca") return [];
    if (cluster.from !== "eks")
        return [
            "certificates.mesh: aws-private-ca needs a pod identity and an endpoint in the network, which the stack makes in a cluster of its " +
                `own alone, and cluster.from is ${cluster.from}; take authority or self-signed, or a cluster from eks`,
        ];
    const region = regionOf(mesh.arn);
    return region === cluster.region
        ? []
        : [
              `certificates.mesh.arn: the CA is in ${region}, and the cluster in ${cluster.region}, from where only its own region's AWS Private ` +
                  "CA is reachable; name a CA in the cluster's region, such as a subordinate CA of yours",
          ];
}

/** By its CA: a Certificate is issued anew where it names another issuer, and not where its issuer changes. */
function issuerName(arn: string): string {
    return `mesh-root-${/certificate-authority\/([0-9a-f]{8})/.exec(arn)?.[1] ?? ""}`;
}

function regionOf(arn: string): string {
    return arn.split(":")[3] ?? "";
}

/** In the control plane's namespace: an issuer for the whole cluster would make a CA of the mesh for anybody. */
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
            // The chart's own roles read every Secret, and have cert-manager approve requests of any issuer at AWS.
            rbac: { create: false },
            approverRole: { enabled: false },
            podSecurityContext: restrictedPod(USER),
            securityContext: restrictedContainer(),
            resources: {
                requests: { cpu: "10m", memory: "64Mi" },
                limits: { cpu: "200m", memory: "128Mi" },
            },
            ...placement(config, "system"),
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
