/** VPC interface endpoints of AWS services, in a cluster that the stack creates. */
import type { MeshConfig } from "../../../config/schema";

/** By the name in `com.amazonaws.<region>.<name>`. Each has private DNS names in every zone. */
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
 * Whether a name resolves to a VPC endpoint. The endpoints' private DNS names are the services' public ones, so that
 * a program that calls STS in the cluster's region reaches a private address (VPC user guide, "Private DNS for
 * interface endpoints").
 */
export function resolvesToEndpoint(host: string, { cluster }: Pick<MeshConfig, "cluster">): boolean {
    if (cluster.from !== "eks") return false;
    return INTERFACE_ENDPOINTS.some((service) => host === nameOf(service, cluster.region));
}

/** `api.ecr.eu-central-1.amazonaws.com` for `ecr.api`: the order of the labels is reversed. */
function nameOf(service: (typeof INTERFACE_ENDPOINTS)[number], region: string): string {
    // The only service here with a name in another domain.
    if (service === "eks-auth") return `eks-auth.${region}.api.aws`;
    return `${service.split(".").reverse().join(".")}.${region}.amazonaws.com`;
}
