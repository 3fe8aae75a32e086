/** The service that keeps traces, as far as several concerns must agree on it. */
import type { MeshConfig } from "../../config/schema";
import { NAMESPACES, type NamespaceName, serviceHost } from "./names";
import { unknownCase } from "../../catalogue/never";

/** By the pods' `sparc.dev/service` too. */
export interface Collector {
    readonly name: string;
    readonly namespace: NamespaceName;
    readonly host: string;
    readonly port: number;
}

/** The name and the ports of the one that the program itself runs. */
export const STAND_IN_COLLECTOR = { name: "collector", otlp: 4317, health: 8081 } as const;

/** The name under which Jaeger takes spans; its chart's Service, with all of its ports, has another. */
export const JAEGER = { name: "jaeger-collector", otlp: 4317 } as const;

/** Where the stack has spans sent; nowhere where it has nothing traced. */
export function collectorOf({ telemetry }: Pick<MeshConfig, "telemetry">): Collector | undefined {
    const { collector } = telemetry.tracing;
    switch (collector.from) {
        case "nowhere":
            return undefined;
        case "chart":
            return at(JAEGER.name, JAEGER.otlp);
        case "stand-in":
            return at(STAND_IN_COLLECTOR.name, STAND_IN_COLLECTOR.otlp);
        case "service":
            return at(collector.name, collector.port);
        default:
            return unknownCase(collector);
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
