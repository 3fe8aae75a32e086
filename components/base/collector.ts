/** The service that keeps traces, as far as several concerns must agree on it. */
import type { MeshConfig } from "../../config/schema";
import { ENTRY_GATEWAYS, EGRESS_GATEWAY, NAMESPACES, type NamespaceName, serviceHost } from "./names";

/** By the pods' `sparc.dev/service` too. */
export interface Collector {
    readonly name: string;
    readonly namespace: NamespaceName;
    readonly host: string;
    readonly port: number;
}

/** The name and the ports of the one that the program itself runs. */
export const STAND_IN_COLLECTOR = { name: "collector", otlp: 4317, health: 8081 } as const;

/** The namespaces whose proxies see requests of the platform. Stores speak none that a proxy reads. */
export const TRACED_NAMESPACES = [NAMESPACES.services, NAMESPACES.ingress, NAMESPACES.egress] as const;

/** Where the stack has spans sent; nowhere where it has nothing traced. */
export function collectorOf({ telemetry }: Pick<MeshConfig, "telemetry">): Collector | undefined {
    const { collector } = telemetry.tracing;
    switch (collector.from) {
        case "nowhere":
            return undefined;
        case "stand-in":
            return at(STAND_IN_COLLECTOR.name, STAND_IN_COLLECTOR.otlp);
        case "service":
            return at(collector.name, collector.port);
    }
}

function at(name: string, port: number): Collector {
    const namespace = NAMESPACES.monitoring;
    return { name, namespace, host: serviceHost(name, namespace), port };
}

/** The collector's host, for the Sidecar of whoever sends spans. */
export function collectorHosts(config: Pick<MeshConfig, "telemetry">): string[] {
    const collector = collectorOf(config);
    return collector === undefined ? [] : [`${collector.namespace}/${collector.host}`];
}

/** The accounts of the gateways that send spans, by namespace. */
export const TRACED_GATEWAYS: readonly (readonly [namespace: NamespaceName, account: string])[] = [
    ...Object.values(ENTRY_GATEWAYS).map((account) => [NAMESPACES.ingress, account] as const),
    [NAMESPACES.egress, EGRESS_GATEWAY],
];
