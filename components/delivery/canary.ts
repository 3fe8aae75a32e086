import { DEFAULT_STEP_WEIGHTS } from "../../catalogue/rollout";
import { serviceOf } from "../../catalogue/query";
import { cookieMatch } from "../shared/routing/cookie";
import { COMMON_LABELS } from "../base/labels";
import type { CanaryManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { rolloutAutoscaler } from "../shared/flagger/autoscaler";
import { CANARY } from "../shared/flagger/flagger";
import type { ServiceRollout } from "../shared/flagger/rollouts";
import { gatesOf } from "./gates";
import { loadOf } from "./load";
import { metricsOf } from "./metrics";
import { unknownCase } from "../../catalogue/never";

type Analysis = CanaryManifest["spec"]["analysis"];

/**
 * The number of checks of a version whose weight does not increase: as many as the default traffic steps, and two
 * more.
 */
const ITERATIONS = DEFAULT_STEP_WEIGHTS.length + 2;

/**
 * The Canary of one service. Flagger creates a primary from its Deployment and splits the requests to one port
 * between primary and canary. It uses a separate name: the program keeps the Service and the VirtualService with the
 * service's name, whose routes delegate to Flagger's and preserve each call's timeout and retries.
 */
export function canary(rolledOut: ServiceRollout, platform: Platform): CanaryManifest {
    const { catalogue, config } = platform;
    const { service, apex, port, portName } = rolledOut;
    const autoscaler = rolloutAutoscaler(platform, service);
    // If a pre-rollout hook fails, Flagger starts over with the first one: no hook after the one that closes the gate
    // may fail.
    const hooks = [...loadOf(rolledOut, config), ...gatesOf(rolledOut)];
    // Flagger writes the default when it adds its finalizer. Without it here, the next deployment would change the list back.
    const webhooks = hooks.map((hook) => ({ muteAlert: false, ...hook }));
    return {
        apiVersion: CANARY.apiVersion,
        kind: CANARY.kind,
        metadata: { name: service, namespace: NAMESPACES.services, labels: COMMON_LABELS },
        spec: {
            targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: service },
            ...(autoscaler === undefined
                ? {}
                : {
                      autoscalerRef: {
                          apiVersion: "autoscaling/v2",
                          kind: "HorizontalPodAutoscaler",
                          name: autoscaler,
                      },
                  }),
            // Deleting the Canary restores the Deployment's replicas before the primary is deleted.
            revertOnDeletion: true,
            progressDeadlineSeconds: 600,
            service: {
                name: apex,
                port: port.number,
                targetPort: port.number,
                portName,
                appProtocol: port.protocol === "ws" ? "http" : port.protocol,
                // With a single port, the routes of gateways and of sidecars need not name it.
                portDiscovery: false,
                delegation: true,
            },
            analysis: {
                interval: config.delivery.interval,
                threshold: config.delivery.threshold,
                ...paceOf(rolledOut),
                metrics: metricsOf(rolledOut, serviceOf(catalogue, service), config),
                ...(webhooks.length > 0 ? { webhooks } : {}),
            },
        },
    };
}

function paceOf({ rollout }: ServiceRollout): Partial<Analysis> {
    switch (rollout.strategy) {
        case "progressive":
            return { stepWeights: [...(rollout.stepWeights ?? DEFAULT_STEP_WEIGHTS)] };
        case "blue-green":
            return {
                iterations: ITERATIONS,
                ...(rollout.mirror === true ? { mirror: true, mirrorWeight: 100 } : {}),
            };
        case "ab-test":
            return {
                iterations: ITERATIONS,
                match: [{ headers: { cookie: cookieMatch(rollout.cookie) } }],
            };
        default:
            return unknownCase(rollout);
    }
}
