/**
 * EKS Pod Identity for services: the services that get credentials from the node's agent, and the agent's name in the
 * mesh. The agent gives a pod only its own service account's credentials (EKS user guide, "EKS Pod Identity Agent").
 */
import type { Catalogue } from "../../../catalogue/model";
import { servicesOf } from "../../../catalogue/query";
import { NAMESPACES } from "../../base/names";
import type { Platform } from "../../base/platform";

/** The agent's host in the mesh. It is not in DNS: programs use the address. */
export const POD_IDENTITY_HOST = "pod-identity.eks.internal";

/** The names of the services that declare `aws: { podIdentity: true }`. */
export function podIdentityClients(catalogue: Catalogue): string[] {
    return servicesOf(catalogue).flatMap(([name, { aws }]) => (aws?.podIdentity === true ? [name] : []));
}

/** An association of a service account with an IAM role. */
export interface ServiceRole {
    readonly service: string;
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly roleArn: string;
}

/** The associations that the stack creates: on a cluster that it creates. */
export function podIdentityRoles({ catalogue, config: { cluster } }: Platform): ServiceRole[] {
    if (cluster.from !== "eks") return [];
    return podIdentityClients(catalogue).flatMap((service) => {
        const roleArn = Object.hasOwn(cluster.podIdentityRoles, service)
            ? cluster.podIdentityRoles[service]
            : undefined;
        return roleArn === undefined
            ? []
            : [{ service, namespace: NAMESPACES.services, serviceAccount: service, roleArn }];
    });
}

/** Reports services without a role, and roles without a service. */
export function podIdentityProblems({ catalogue, config: { cluster } }: Platform): string[] {
    if (cluster.from !== "eks") return [];
    const clients = podIdentityClients(catalogue);
    return [
        ...clients
            .filter((service) => !Object.hasOwn(cluster.podIdentityRoles, service))
            .map(
                (service) =>
                    `cluster.podIdentityRoles: ${service} uses Pod Identity (services.${service}.aws) and has no role; ` +
                    `add cluster.podIdentityRoles.${service} with the ARN of an IAM role that trusts pods.eks.amazonaws.com`,
            ),
        ...Object.keys(cluster.podIdentityRoles)
            .filter((service) => !clients.includes(service))
            .map(
                (service) =>
                    `cluster.podIdentityRoles.${service}: no service of this name declares aws: { podIdentity: true } in the catalogue; ` +
                    "declare it there, or remove the key",
            ),
    ];
}
