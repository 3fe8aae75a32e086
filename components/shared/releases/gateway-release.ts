import { componentVersionsOf } from "../../../config/istio";
import type { MeshConfig } from "../../../config/schema";
import { chartOf, containerResources } from "./istio-charts";
import { SERVICE_LABEL } from "../../base/labels";
import type { Release } from "../../base/manifest";
import { placement } from "../pods/pools";
import { spread } from "../../base/spread";

/** The settings in which gateways differ. */
export interface GatewayRelease {
    /** The name of the release and of the service account, and the value of the pods' service label. */
    readonly name: string;
    readonly namespace: string;
    /** Fields of its Service other than the ports, at least its type. */
    readonly service: Readonly<Record<string, unknown>>;
    /** The ports of its Service. The pods listen on the same numbers. */
    readonly ports: readonly { readonly name: string; readonly number: number }[];
    /** Additional Helm values. @default none */
    readonly values?: Readonly<Record<string, unknown>>;
}

/** A gateway's Deployment and Service. istiod injects the proxy, so it must be running. */
export function gatewayRelease(
    { name, namespace, service, ports, values = {} }: GatewayRelease,
    config: MeshConfig,
): Release {
    const { replicas, resources } = config.gateways;
    return {
        name,
        namespace,
        chart: chartOf(config, "gateway", componentVersionsOf(config.istio).gateways),
        values: {
            labels: { [SERVICE_LABEL]: name },
            autoscaling: { enabled: false },
            replicaCount: replicas,
            // The chart's image is the placeholder "auto", for which the API server defaults to the pull policy
            // Always. Injection replaces the image and keeps the policy.
            imagePullPolicy: "IfNotPresent",
            resources: containerResources(resources),
            ...placement(config, "ingress"),
            // The namespace enforces `restricted`, which requires a seccomp profile. These values replace the
            // chart's, so they repeat the ones that let the proxy bind port 443 without a capability.
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
                      podDisruptionBudget: {
                          maxUnavailable: 1,
                          // A pod that is not ready serves no client, and must not block the drain of its node.
                          unhealthyPodEvictionPolicy: "AlwaysAllow",
                      },
                      topologySpreadConstraints: spread({ [SERVICE_LABEL]: name }),
                  }
                : {}),
            ...values,
        },
        after: [],
    };
}
