/**
 * The shutdown of an ingress gateway is one budget: the load balancer, the pod, the node groups and the cluster
 * autoscaler must agree on it, or one of them ends connections that another still promises to keep
 * (docs/adr/0047-drain-budget.md).
 */
import type { MeshConfig } from "../../config/schema";

type DrainConfig = Pick<MeshConfig, "cluster" | "edge" | "gateways">;

/** Limits that the budget must fit into, in seconds. */
const LIMITS = {
    /**
     * A Network Load Balancer sends new connections to a target for two to three minutes after its deregistration
     * starts, whatever the delay (kubernetes-sigs/aws-load-balancer-controller#2366, #2131; aws/containers-roadmap#470).
     */
    stillRouted: 180,
    /**
     * An update of a managed node group fails if a pod is still there after 15 minutes (EKS user guide, "Understand
     * each phase of node updates": PodEvictionFailure).
     */
    nodeDrain: 900,
    /** Until a new target is healthy: the NLB's registration and three health checks (…-controller#1834). */
    targetHealthy: 180,
} as const;

/** Without a load balancer, endpoints are removed within a second or two. */
const WITHOUT_BALANCER = 5;

/** How long Envoy keeps accepting while it drains, at least: clients that resolved the pod before still arrive. */
export const MIN_DRAIN_SECONDS = 5;

export interface Drain {
    /** How long a terminating pod accepts new connections before it drains. */
    readonly preStopSeconds: number;
    /** How long open connections then have to end. */
    readonly connectionSeconds: number;
    /** All of it. */
    readonly terminationGracePeriodSeconds: number;
}

export function drainOf({ gateways }: Pick<MeshConfig, "gateways">): Drain {
    const { connectionSeconds } = gateways.drain;
    const preStopSeconds = isBalanced({ gateways }) ? gateways.drain.preStopSeconds : WITHOUT_BALANCER;
    return {
        preStopSeconds,
        connectionSeconds,
        terminationGracePeriodSeconds: preStopSeconds + connectionSeconds,
    };
}

/**
 * How long a new gateway must be ready before it counts as available. A pod without a readiness gate (the first one, or
 * one that was created while the load balancer controller was down, whose webhook ignores failures) is ready long
 * before its target is healthy.
 */
export function minReadySeconds(config: Pick<MeshConfig, "gateways">): number {
    return isBalanced(config) ? LIMITS.targetHealthy : 0;
}

function isBalanced({ gateways }: Pick<MeshConfig, "gateways">): boolean {
    return gateways.serviceType === "LoadBalancer";
}

/** Reports a budget that does not fit, as one mistake with all of its limits. */
export function drainProblems(config: DrainConfig): string[] {
    if (!isBalanced(config)) return [];
    const { deregistrationDelaySeconds: delay, preStopSeconds, connectionSeconds } = config.gateways.drain;
    const { terminationGracePeriodSeconds: grace } = drainOf(config);
    const accepting = Math.max(LIMITS.stillRouted, delay);
    const onEks = config.cluster.from !== "kubeconfig";
    // A PodDisruptionBudget releases a node's second pod of a gateway only once the first one's replacement is ready.
    const onNode = LIMITS.targetHealthy + grace;
    const wrong = [
        ...(preStopSeconds < accepting
            ? [
                  `preStopSeconds is ${preStopSeconds}, but a load balancer sends new connections to a terminating gateway for up to ` +
                      `${accepting} s (the larger of ${LIMITS.stillRouted} and deregistrationDelaySeconds); set it to ${accepting} or more`,
              ]
            : []),
        ...(onEks && onNode > LIMITS.nodeDrain
            ? [
                  `two gateways on a node leave it after ${LIMITS.targetHealthy} s for the first one's replacement, ${preStopSeconds} s ` +
                      `(preStopSeconds) and ${connectionSeconds} s (connectionSeconds), together ${onNode} s, but EKS stops waiting for a node ` +
                      `after ${LIMITS.nodeDrain} s; ${fitting(Math.max(preStopSeconds, accepting))}`,
              ]
            : []),
    ];
    return wrong.length === 0
        ? []
        : [`gateways.drain: the settings do not fit together: ${wrong.join("; and ")}`];
}

/** What makes the budget fit, if `accepting` seconds are needed before connections are closed. */
function fitting(accepting: number): string {
    const rest = LIMITS.nodeDrain - LIMITS.targetHealthy - accepting;
    return rest >= 10
        ? `set connectionSeconds to ${rest} or less`
        : "lower deregistrationDelaySeconds and preStopSeconds";
}
