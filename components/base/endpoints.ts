/** AWS' services that answer inside the network of a cluster that the stack makes. */
import type { MeshConfig } from "../../config/schema";

/** By the name in `com.amazonaws.<region>.<name>`. Each is reached under private names in every zone. */
export const INTERFACE_ENDPOINTS = [
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "logs",
    "sts",
] as const;

/**
 * Whether a name leads to an address of the network's own endpoints: their private names are those that AWS' services have
 * everywhere, so that a program that asks for STS in the cluster's region gets a private address
 * (VPC user guide, "Private DNS for interface endpoints").
 */
export function isAnsweredInside(host: string, { cluster }: Pick<MeshConfig, "cluster">): boolean {
    if (cluster.from !== "eks") return false;
    return INTERFACE_ENDPOINTS.some((service) => host === nameOf(service, cluster.region));
}

/** `api.ecr.eu-central-1.amazonaws.com` of `ecr.api`: a name's parts are the other way round. */
function nameOf(service: (typeof INTERFACE_ENDPOINTS)[number], region: string): string {
    // The one service here whose name is in another domain.
    if (service === "eks-auth") return `eks-auth.${region}.api.aws`;
    return `${service.split(".").reverse().join(".")}.${region}.amazonaws.com`;
}
