import type { MeshConfig } from "../../config/schema";
import { chartOf, containerResources } from "./helm";
import { SERVICE_LABEL, serviceSelector } from "./labels";
import type { Release } from "./manifest";
import { placement } from "./pools";

/** What tells one gateway from another. */
export interface GatewayRelease {
    /** Its release's name, its service account's, and the value of its pods' service label. */
    readonly name: string;
    readonly namespace: string;
    /** Fields of its Service beside its ports: its type at least. */
    readonly service: Readonly<Record<string, unknown>>;
    /** The ports of its Service, on which its pods listen under the same numbers. */
    readonly ports: readonly { readonly name: string; readonly number: number }[];
    /** Further values of the chart. @default none */
    readonly values?: Readonly<Record<string, unknown>>;
}

/** One zone or node lost must not be a gateway lost. */
const SPREAD_OVER = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"];

/** A gateway's pods and Service. Injection fills in the proxy, so istiod must be there. */
export function gatewayRelease(
    { name, namespace, service, ports, values = {} }: GatewayRelease,
    config: MeshConfig,
): Release {
    const { replicas, resources } = config.gateways;
    return {
        name,
        namespace,
        chart: chartOf(config, "gateway"),
        values: {
            labels: { [SERVICE_LABEL]: name },
            autoscaling: { enabled: false },
            replicaCount: replicas,
            // The chart's image is the placeholder "auto", which the API server takes for a tag that must always be
            // pulled; injection then names the real one and keeps the policy.
            imagePullPolicy: "IfNotPresent",
            resources: containerResources(resources),
            ...placement(config, "ingress"),
            // The namespace enforces `restricted`, which wants a seccomp profile. What is said here replaces the chart's
            // own, and so repeats what lets the proxy bind port 443 without a capability.
            securityContext: {
                sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
                seccompProfile: { type: "RuntimeDefault" },
            },
            service: {
                ...service,
                ports: ports.map((port) => ({
                    name: port.name,
                    port: port.number,
                    protocol: "TCP",
                    targetPort: port.number,
                })),
            },
            ...(replicas > 1
                ? {
                      podDisruptionBudget: { maxUnavailable: 1 },
                      topologySpreadConstraints: SPREAD_OVER.map((topologyKey) => ({
                          maxSkew: 1,
                          topologyKey,
                          whenUnsatisfiable: "ScheduleAnyway",
                          labelSelector: serviceSelector(name),
                      })),
                  }
                : {}),
            ...values,
        },
        after: [],
    };
}
