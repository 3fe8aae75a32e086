/** The trace collector: the names and ports that several concerns use. */
import type { Catalogue } from "../../../catalogue/model";
import { reachableHosts } from "../../../catalogue/query";
import type { MeshConfig } from "../../../config/schema";
import {
    EGRESS_GATEWAY,
    INGRESS_GATEWAYS,
    NAMESPACES,
    type NamespaceName,
    serviceHost,
} from "../../base/names";
import { unknownCase } from "../../../catalogue/never";

/** The name is also the pods' `sparc.dev/service` label. */
export interface Collector {
    readonly name: string;
    readonly namespace: NamespaceName;
    readonly host: string;
    readonly port: number;
}

/** The stand-in that the program deploys. */
export const STAND_IN_COLLECTOR = { name: "collector", otlp: 4317, health: 8081 } as const;

/** Jaeger's Service for spans. Its chart's Service, with all of its ports, has another name. */
export const JAEGER = { name: "jaeger-collector", otlp: 4317 } as const;

/** The collector that the proxies send spans to; undefined if tracing is off. */
export function collectorOf({ telemetry }: Pick<MeshConfig, "telemetry">): Collector | undefined {
    const { collector } = telemetry.tracing;
    switch (collector.from) {
        case "none":
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

/** The collector's host, for the Sidecars of pods that send spans. */
export function collectorHosts(config: Pick<MeshConfig, "telemetry">): string[] {
    const collector = collectorOf(config);
    return collector === undefined ? [] : [`${collector.namespace}/${collector.host}`];
}

/** The workloads whose proxies send spans: those that handle the platform's requests. */
export function spanSenders(catalogue: Catalogue): (readonly [namespace: NamespaceName, name: string])[] {
    return [
        ...Object.values(INGRESS_GATEWAYS).map((gateway) => [NAMESPACES.ingress, gateway] as const),
        ...(reachableHosts(catalogue).length > 0 ? [[NAMESPACES.egress, EGRESS_GATEWAY] as const] : []),
        ...Object.keys(catalogue.services)
            .sort()
            .map((name) => [NAMESPACES.services, name] as const),
    ];
}
