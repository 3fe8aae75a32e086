/** The autoscalers of services that Flagger rolls out. */
import { getOwn } from "../../../catalogue/order";
import { maxReplicas } from "../../../catalogue/query";
import type { Platform } from "../../base/platform";
import { rolloutFor } from "./rollouts";

/**
 * The HorizontalPodAutoscaler that Flagger copies for the primary of a service. Without one Flagger copies the target's
 * replicas instead, which nothing sets (pkg/canary/deployment_controller.go, `Promote`).
 *
 * @returns undefined if Flagger does not roll the service out, or if it has none
 */
export function rolloutAutoscaler(platform: Platform, name: string): string | undefined {
    const { catalogue, config } = platform;
    const service = getOwn(catalogue.services, name);
    const source = getOwn(config.workloads.services, name);
    if (service === undefined || rolloutFor(platform, name) === undefined) return undefined;
    if (source?.from === "existing") return source.autoscaler;
    return source?.from === "image" && maxReplicas(service) > 1 ? name : undefined;
}
