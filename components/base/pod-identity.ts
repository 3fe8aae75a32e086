/**
 * EKS Pod Identity for services: which ones ask the node's agent for credentials, and under which name the mesh knows it.
 * The agent gives a pod the credentials of that pod's own account, and no others (EKS user guide, "EKS Pod Identity Agent").
 */
import type { Catalogue } from "../../catalogue/model";
import { servicesOf } from "../../catalogue/query";
import { NAMESPACES } from "./names";
import type { Platform } from "./platform";

/** The agent's name in the mesh. Nobody looks it up: programs call the address. */
export const POD_IDENTITY_HOST = "pod-identity.eks.internal";

/** Services that declare `aws: { podIdentity: true }`, by name. */
export function podIdentityClients(catalogue: Catalogue): string[] {
    return servicesOf(catalogue).flatMap(([name, { aws }]) => (aws?.podIdentity === true ? [name] : []));
}

/** An association of a service's account with a role. */
export interface ServiceRole {
    readonly service: string;
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly roleArn: string;
}

/** The associations that a stack makes: on a cluster of its own. */
export function serviceRoles({ catalogue, config: { cluster } }: Platform): ServiceRole[] {
    if (cluster.from !== "eks") return [];
    return podIdentityClients(catalogue).flatMap((service) => {
        const roleArn = Object.hasOwn(cluster.serviceRoles, service)
            ? cluster.serviceRoles[service]
            : undefined;
        return roleArn === undefined
            ? []
            : [{ service, namespace: NAMESPACES.services, serviceAccount: service, roleArn }];
    });
}

/** Services without a role, and roles without a service. */
export function podIdentityProblems({ catalogue, config: { cluster } }: Platform): string[] {
    if (cluster.from !== "eks") return [];
    const clients = podIdentityClients(catalogue);
    return [
        ...clients
            .filter((service) => !Object.hasOwn(cluster.serviceRoles, service))
            .map(
                (service) =>
                    `cluster.serviceRoles: ${service} uses Pod Identity (services.${service}.aws) and has no role; ` +
                    `add cluster.serviceRoles.${service} with the ARN of an IAM role that trusts pods.eks.amazonaws.com`,
            ),
        ...Object.keys(cluster.serviceRoles)
            .filter((service) => !clients.includes(service))
            .map(
                (service) =>
                    `cluster.serviceRoles.${service}: no service of this name declares aws: { podIdentity: true } in the catalogue; ` +
                    "declare it there, or remove the key",
            ),
    ];
}
