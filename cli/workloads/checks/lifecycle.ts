/** Whether the workload's pods start, stop and scale without failed requests. */
import { rolloutFor } from "../../../components/shared/flagger/rollouts";
import { type Check, type Draft, objectPatch, podPatch, type ReadObject } from "../model";
import { isBatch } from "./batch";

const REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers";
/** Seconds until all proxies have dropped a terminating pod's endpoint. */
const DRAIN_SECONDS = 5;
/** Kubernetes' default. */
const GRACE_SECONDS = 30;

export const readiness: Check = (workload) => {
    if (isBatch(workload) || workload.kind === "Pod") return [];
    const { containers } = workload;
    const [first] = containers;
    const drafts: Draft[] = [];
    if (first !== undefined && containers.every(({ readinessProbe }) => readinessProbe === undefined)) {
        const port = first.ports?.[0]?.containerPort;
        drafts.push({
            severity: "error",
            field: `spec.containers[${first.name}].readinessProbe`,
            problem:
                "without a readiness probe a new pod gets requests before it listens, so each rollout fails some",
            fix: "add a probe of a path that is ready when the application is",
            ...(port === undefined
                ? {}
                : {
                      patch: podPatch(workload, {
                          spec: {
                              containers: [{ name: first.name, readinessProbe: { tcpSocket: { port } } }],
                          },
                      }),
                  }),
        });
    }
    if (workload.annotations[REWRITE]?.toLowerCase() === "false")
        drafts.push({
            severity: "error",
            field: `metadata.annotations.${REWRITE}`,
            problem:
                "the kubelet's probes reach the sidecar without mutual TLS, which it requires, so the pods never become ready",
            fix: "remove it",
            patch: podPatch(workload, { metadata: { annotations: { [REWRITE]: null } } }),
        });
    return drafts;
};

interface Sleep {
    readonly sleep?: { readonly seconds?: number };
}

export const drain: Check = (workload) => {
    if (isBatch(workload) || workload.kind === "Pod") return [];
    const { pod, containers } = workload;
    const { terminationGracePeriodSeconds: grace = GRACE_SECONDS } = pod;
    const sleeps = containers.map(
        ({ lifecycle }) => (lifecycle?.preStop as Sleep | undefined)?.sleep?.seconds,
    );
    const longest = Math.max(0, ...sleeps.map((seconds) => seconds ?? 0));
    if (grace <= longest)
        return [
            {
                severity: "error",
                field: "spec.terminationGracePeriodSeconds",
                problem: `${grace} s leave the process no time after preStop (${longest} s): it is killed with its requests`,
                fix: "allow more than preStop takes",
                patch: podPatch(workload, {
                    spec: { terminationGracePeriodSeconds: longest + GRACE_SECONDS },
                }),
            },
        ];
    const [first] = containers;
    if (first === undefined || containers.some(({ lifecycle }) => lifecycle?.preStop !== undefined))
        return [];
    return [
        {
            severity: "warning",
            field: `spec.containers[${first.name}].lifecycle.preStop`,
            problem:
                "requests still arrive for some seconds after SIGTERM, until all proxies know; an application that stops at once fails them",
            fix: "sleep before SIGTERM, unless the application itself accepts requests for some seconds after it",
            patch: podPatch(workload, {
                spec: {
                    containers: [
                        {
                            name: first.name,
                            lifecycle: { preStop: { sleep: { seconds: DRAIN_SECONDS } } },
                        },
                    ],
                },
            }),
        },
    ];
};

interface AutoscalerSpec {
    readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
}

/** Two owners of `replicas` undo each other's changes with every deployment. */
export const replicas: Check = (workload, { platform, others }) => {
    const { kind, name, object, service } = workload;
    const count = ((object.spec ?? {}) as { replicas?: number }).replicas;
    if (count === undefined || !["Deployment", "StatefulSet"].includes(kind)) return [];
    const owner =
        service !== undefined && rolloutFor(platform, service) !== undefined
            ? "Flagger"
            : autoscalerOf(others, kind, name);
    if (owner === undefined) return [];
    return [
        {
            severity: "error",
            field: "/spec.replicas",
            problem: `${owner} manages the replicas: each deployment of ${count} scales it back, during a rollout the wrong version`,
            fix: "remove it",
            patch: objectPatch(workload, { spec: { replicas: null } }),
        },
    ];
};

function autoscalerOf(others: readonly ReadObject[], kind: string, name: string): string | undefined {
    const scaling = others.find(({ object }) => {
        const { scaleTargetRef = {} } = (object.spec ?? {}) as AutoscalerSpec;
        return (
            object.kind === "HorizontalPodAutoscaler" &&
            scaleTargetRef.kind === kind &&
            scaleTargetRef.name === name
        );
    });
    return scaling === undefined ? undefined : `the HorizontalPodAutoscaler ${scaling.object.metadata.name}`;
}

/** What Flagger needs of the Deployment that it copies. */
export const rolloutTarget: Check = (workload, { platform }) => {
    const { service, kind, name, labels, object } = workload;
    if (service === undefined || isBatch(workload) || rolloutFor(platform, service) === undefined) return [];
    if (kind !== "Deployment" || name !== service)
        return [
            {
                severity: "error",
                field: "/metadata.name",
                problem: `Flagger rolls ${service} out, which takes a Deployment named ${service}, not the ${kind} ${name}`,
                fix: `name the Deployment ${service}, or list in delivery.services what Flagger is to roll out, without ${service}`,
            },
        ];
    const { selector = {} } = (object.spec ?? {}) as { selector?: { matchLabels?: Record<string, string> } };
    const { matchLabels = {} } = selector;
    if (matchLabels["app"] !== undefined && matchLabels["app"] === labels["app"]) return [];
    return [
        {
            severity: "error",
            field: "/spec.selector.matchLabels.app",
            problem: "Flagger distinguishes the pods of the primary and the canary by the label app",
            fix: `select app: ${service}, and set it on the pods; a selector is immutable, so the Deployment must be recreated`,
        },
    ];
};

/** Pods of one workload must not be counted by another. */
export const selector: Check = (workload, { workloads }) => {
    const { name, kind, namespace, object } = workload;
    const { matchLabels } =
        ((object.spec ?? {}) as { selector?: { matchLabels?: Record<string, string> } }).selector ?? {};
    if (matchLabels === undefined || isBatch(workload)) return [];
    const entries = Object.entries(matchLabels);
    return workloads
        .filter((other) => other.namespace === namespace && !(other.kind === kind && other.name === name))
        .filter((other) => !isBatch(other) && entries.every(([key, value]) => other.labels[key] === value))
        .map((other) => ({
            severity: "error",
            field: "/spec.selector.matchLabels",
            problem: `it also selects the pods of ${other.kind} ${other.name}, so disruption budgets and autoscalers count both`,
            fix: "select a label that only its own pods have",
        }));
};
