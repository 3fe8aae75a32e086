/** The objects of a service that runs from an image: a Deployment for each version, its disruption budget and autoscaler. */
import { getOwn, sortedEntries } from "../../catalogue/order";
import { unknownCase } from "../../catalogue/never";
import type { ImageSource, ProbeConfig } from "../../config/workloads";
import { containerResources } from "../shared/releases/istio-charts";
import { COMMON_LABELS, serviceSelector, SERVICE_LABEL } from "../base/labels";
import type {
    DeploymentManifest,
    HorizontalPodAutoscalerManifest,
    PodDisruptionBudgetManifest,
} from "../base/manifest";
import { HEALTH_PORT } from "../base/names";
import type { Placement } from "../shared/pods/pools";
import { restrictedContainer } from "../shared/pods/pod-security";
import { type Container, deployment, FIRST_VERSION, type PodSource } from "./deployment";
import type { Workload } from "./workload";

/** The utilization of the application's CPU request, without its sidecar, at which replicas are added, in percent. */
const CPU_TARGET_PERCENT = 70;

/** The images of the service's versions, without digests. */
export function imageOf({ image, versions }: ImageSource, version: string): string | undefined {
    return version === FIRST_VERSION ? image : getOwn(versions, version);
}

/** @param image the version's image, with its digest if it has one */
export function fromImage(
    workload: Workload,
    version: string,
    source: ImageSource,
    image: string,
    place: Placement,
): DeploymentManifest {
    const { replicas, rolledOut } = workload;
    return deployment(
        workload,
        version,
        {
            user: source.user,
            metrics: source.metrics,
            terminationSeconds: source.drainSeconds + source.shutdownSeconds,
            replicas: rolledOut || scales(workload, version) ? undefined : replicas,
            container: container(workload, source, image),
            pod: {
                topologySpreadConstraints: [
                    spread(workload, "topology.kubernetes.io/zone"),
                    spread(workload, "kubernetes.io/hostname"),
                ],
                ...(source.writablePaths.length > 0
                    ? {
                          volumes: source.writablePaths.map((_, index) => ({
                              name: volume(index),
                              emptyDir: {},
                          })),
                      }
                    : {}),
            },
        },
        place,
    );
}

/**
 * An eviction never takes more than one replica at a time. Absent for a single replica, whose eviction a budget would
 * only delay.
 */
export function disruptionBudget({ name, namespace, replicas }: Workload): PodDisruptionBudgetManifest[] {
    if (replicas < 2) return [];
    return [
        {
            apiVersion: "policy/v1",
            kind: "PodDisruptionBudget",
            metadata: { name, namespace, labels: { ...COMMON_LABELS, [SERVICE_LABEL]: name } },
            spec: {
                maxUnavailable: 1,
                selector: serviceSelector(name),
                // A pod that is not ready serves no requests, so it must not block the drain of its node.
                unhealthyPodEvictionPolicy: "AlwaysAllow",
            },
        },
    ];
}

/** Scales the first version between the catalogue's limits. Absent under Flagger, which manages replicas. */
export function autoscaler(
    workload: Workload,
    version: string,
    { metadata: { name: deployed } }: DeploymentManifest,
): HorizontalPodAutoscalerManifest[] {
    if (!scales(workload, version)) return [];
    const { name, namespace, replicas, maxReplicas } = workload;
    return [
        {
            apiVersion: "autoscaling/v2",
            kind: "HorizontalPodAutoscaler",
            metadata: { name: deployed, namespace, labels: { ...COMMON_LABELS, [SERVICE_LABEL]: name } },
            spec: {
                scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployed },
                minReplicas: replicas,
                maxReplicas,
                metrics: [
                    {
                        // Of the container: the pod's utilization includes the sidecar's, whose request differs.
                        type: "ContainerResource",
                        containerResource: {
                            name: "cpu",
                            container: name,
                            target: { type: "Utilization", averageUtilization: CPU_TARGET_PERCENT },
                        },
                    },
                ],
            },
        },
    ];
}

function scales({ replicas, maxReplicas, rolledOut }: Workload, version: string): boolean {
    return version === FIRST_VERSION && !rolledOut && maxReplicas > replicas;
}

function container({ name, ports }: Workload, source: ImageSource, image: string): Container {
    const { command, args, startup, writablePaths } = source;
    const declared = sortedEntries(ports).map(([port, { number }]) => ({
        name: port,
        containerPort: number,
    }));
    const env = environment(source);
    return {
        name,
        image,
        ...(command === undefined ? {} : { command }),
        ...(args === undefined ? {} : { args }),
        ports: [
            ...declared,
            ...(declared.some(({ containerPort }) => containerPort === HEALTH_PORT.number)
                ? []
                : [{ name: HEALTH_PORT.name, containerPort: HEALTH_PORT.number }]),
        ],
        ...(env.length > 0 ? { env } : {}),
        readinessProbe: probe(source.readiness),
        livenessProbe: probe(source.liveness),
        ...(startup === undefined ? {} : { startupProbe: probe(startup) }),
        // The kubelet sleeps before it sends SIGTERM, so that the image needs no shell.
        ...(source.drainSeconds > 0
            ? { lifecycle: { preStop: { sleep: { seconds: source.drainSeconds } } } }
            : {}),
        resources: containerResources(source.resources),
        ...(writablePaths.length > 0
            ? { volumeMounts: writablePaths.map((mountPath, index) => ({ name: volume(index), mountPath })) }
            : {}),
        securityContext: restrictedContainer(),
    };
}

function volume(index: number): string {
    return `writable-${index}`;
}

function environment(source: ImageSource): NonNullable<Container["env"]> {
    return [
        ...sortedEntries(source.environment).map(([name, value]) => ({ name, value })),
        ...sortedEntries(source.environmentFromSecrets).map(([name, ref]) => ({
            name,
            valueFrom: { secretKeyRef: ref },
        })),
        ...sortedEntries(source.environmentFromConfigMaps).map(([name, ref]) => ({
            name,
            valueFrom: { configMapKeyRef: ref },
        })),
    ];
}

/** Injection redirects the kubelet's probes through the sidecar's agent, so that they pass mutual TLS on any port. */
function probe(config: ProbeConfig): NonNullable<Container["livenessProbe"]> {
    const { periodSeconds = 10, timeoutSeconds = 5, failureThreshold = 3 } = config;
    return { ...handler(config), periodSeconds, timeoutSeconds, failureThreshold };
}

function handler(config: ProbeConfig) {
    switch (config.type) {
        case "http":
            return { httpGet: { path: config.path, port: config.port } };
        case "grpc":
            return {
                grpc: {
                    port: config.port,
                    ...(config.service === undefined ? {} : { service: config.service }),
                },
            };
        case "tcp":
            return { tcpSocket: { port: config.port } };
        default:
            return unknownCase(config);
    }
}

/** Spreads the pods of one rollout, as far as nodes allow. */
function spread(
    { name }: Workload,
    topologyKey: string,
): NonNullable<NonNullable<PodSource["pod"]>["topologySpreadConstraints"]>[number] {
    return {
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: serviceSelector(name),
        matchLabelKeys: ["pod-template-hash"],
    };
}
