/** What of the platform Flagger rolls out, as far as several concerns must agree on it. */
import { own, sortedEntries } from "../../catalogue/order";
import { type Load, type RolledOut, rolloutOf } from "../../catalogue/rollout";
import { NAMESPACES, PROMETHEUS_SERVICE, serviceHost } from "./names";
import type { Platform } from "./platform";

export const FLAGGER = { name: "flagger", metrics: 8080 } as const;

/**
 * What Flagger asks: gates that people open, and whoever asks new versions that few ask. Both are Flagger's load tester, whose
 * `container` its chart names. Apart, since who may have commands run beside a gate opens it.
 */
export const GATES = { name: "gates", port: 80, targetPort: 8080, container: "loadtester" } as const;
export const LOAD_TESTER = { ...GATES, name: "loadtester" } as const;

/** Where Flagger asks one of both. */
export function urlOf({ name, port }: typeof GATES | typeof LOAD_TESTER): string {
    return `http://${name}.${NAMESPACES.delivery}:${port}`;
}

/** The Prometheus by which new versions are judged. */
export const PROMETHEUS_URL = `http://${PROMETHEUS_SERVICE.name}.${PROMETHEUS_SERVICE.namespace}:${PROMETHEUS_SERVICE.port}`;

/** The subset of a service that is its primary alone, for what Flagger does not share out. */
export const PRIMARY = "primary";

/** In PromQL, what the name of a service may end with where it is rolled out: its primary's, or its new version's. */
export const OF_A_ROLLOUT = "(-rollout-(primary|canary))?";

/**
 * gRPC statuses that are the callee's fault, or the way's: unknown, deadline, exhausted, unimplemented, internal, unavailable,
 * data loss. Rollouts are judged by those that alerts tell of.
 */
export const GRPC_FAULTS = "2|4|8|12|13|14|15";

/** A service that Flagger rolls out. */
export interface Rollout extends RolledOut {
    readonly service: string;
    /**
     * Flagger's own Service and VirtualService, beside the program's, which keep the service's name. Those of the
     * primary and the canary are named after it.
     */
    readonly apex: string;
}

/** Those that the stack has Flagger roll out, by name. */
export function rollouts({ catalogue, config }: Platform): readonly Rollout[] {
    return sortedEntries(catalogue.services).flatMap(([service]) => {
        const rollout = rolloutFor({ catalogue, config }, service);
        return rollout === undefined ? [] : [rollout];
    });
}

/** Undefined for a service that is deployed as it is. */
export function rolloutFor({ catalogue, config: { delivery } }: Platform, name: string): Rollout | undefined {
    const service = own(catalogue.services, name);
    if (!delivery.enabled || service === undefined) return undefined;
    if (delivery.services !== undefined && !delivery.services.includes(name)) return undefined;
    const rolledOut = rolloutOf(service);
    return rolledOut === undefined ? undefined : { service: name, apex: `${name}-rollout`, ...rolledOut };
}

/** A rollout whose new versions are asked by the load tester, besides whoever asks them anyway. */
export interface Loaded extends Rollout {
    readonly load: Load;
}

export function loaded(platform: Platform): readonly Loaded[] {
    return rollouts(platform).flatMap((one) =>
        one.rollout.load === undefined ? [] : [{ ...one, load: one.rollout.load }],
    );
}

/** Who is told of rollouts: an HTTP port of a service. */
export interface Receiver {
    readonly service: string;
    /** The service's, or its primary's alone: what becomes of a new version of its own is not told to that. */
    readonly host: string;
    readonly port: number;
    readonly path: string;
}

/** Undefined where nobody is. The stack's check has refused a service or port that is not there. */
export function receiverOf(platform: Platform): Receiver | undefined {
    const { catalogue } = platform;
    const { delivery } = platform.config;
    if (!delivery.enabled || delivery.receiver === undefined) return undefined;
    const { service, port, path } = delivery.receiver;
    const found = own(own(catalogue.services, service)?.ports ?? {}, port);
    if (found === undefined) return undefined;
    const rollout = rolloutFor(platform, service);
    const host = rollout === undefined ? serviceHost(service) : rolloutHosts(rollout).primary;
    return { service, host, port: found.number, path };
}

/** Whether Flagger copies requests to a new version. */
export function isMirrored(platform: Platform, service: string): boolean {
    const { rollout } = rolloutFor(platform, service) ?? {};
    return rollout?.strategy === "blue-green" && rollout.mirror === true;
}

/** The pods that Flagger makes of a service's Deployment, by the label that it renames. */
export function primaryLabels({ service }: Rollout): Record<string, string> {
    return { app: `${service}-primary` };
}

/** Where Flagger's routes lead. */
export function rolloutHosts({ apex }: Rollout): { readonly primary: string; readonly canary: string } {
    return { primary: serviceHost(`${apex}-primary`), canary: serviceHost(`${apex}-canary`) };
}
