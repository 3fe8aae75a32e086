import { STEPS } from "../../catalogue/rollout";
import type { Catalogue } from "../../catalogue/model";
import { serviceOf } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { cookieMatch } from "../base/cookie";
import { COMMON_LABELS } from "../base/labels";
import type { CanaryManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Rollout } from "../base/rollouts";
import { gatesOf } from "./gates";
import { loadOf } from "./load";
import { metricsOf } from "./metrics";
import { unknownCase } from "../../catalogue/never";

type Analysis = CanaryManifest["spec"]["analysis"];

/** How many looks at a version that gets no growing share: as long as the steps of one that does, and twice more. */
const ITERATIONS = STEPS.length + 2;

/**
 * One service's rollout. Flagger makes a primary of its Deployment, and shares the requests to one port out between the
 * two. It does so under a name of its own: the Service and the VirtualService that have the service's name stay the
 * program's, whose routes delegate to Flagger's and keep each call's timeout and retries.
 */
export function canary(rolledOut: Rollout, catalogue: Catalogue, config: MeshConfig): CanaryManifest {
    const { service, apex, port, portName } = rolledOut;
    // Flagger begins anew with the hooks before a rollout where one fails: after the one that shuts the gate none may.
    const webhooks = [...loadOf(rolledOut, config), ...gatesOf(rolledOut)];
    return {
        apiVersion: "flagger.app/v1beta1",
        kind: "Canary",
        metadata: { name: service, namespace: NAMESPACES.services, labels: COMMON_LABELS },
        spec: {
            targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: service },
            // Who takes Flagger away gets the Deployment's replicas back, before the primary is gone.
            revertOnDeletion: true,
            progressDeadlineSeconds: 600,
            service: {
                name: apex,
                port: port.number,
                targetPort: port.number,
                portName,
                appProtocol: port.protocol === "ws" ? "http" : port.protocol,
                // With one port a route needs to name none, from a gateway's port or from a sidecar's.
                portDiscovery: false,
                delegation: true,
            },
            analysis: {
                interval: config.delivery.interval,
                threshold: config.delivery.failures,
                ...paceOf(rolledOut),
                metrics: metricsOf(rolledOut, serviceOf(catalogue, service), config),
                ...(webhooks.length > 0 ? { webhooks } : {}),
            },
        },
    };
}

function paceOf({ rollout }: Rollout): Partial<Analysis> {
    switch (rollout.strategy) {
        case "progressive":
            return { stepWeights: [...(rollout.steps ?? STEPS)] };
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
