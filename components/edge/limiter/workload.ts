import type { MeshConfig } from "../../../config/schema";
import { COMMON_LABELS, SERVICE_LABEL } from "../../base/labels";
import type {
    DeploymentManifest,
    Manifest,
    PodDisruptionBudgetManifest,
    ServiceAccountManifest,
    ServiceManifest,
    SidecarManifest,
} from "../../base/manifest";
import { placement } from "../../shared/pods/pools";
import { restrictedContainer, restrictedPod } from "../../shared/pods/pod-security";
import { sidecarResources } from "../../shared/pods/sidecar-resources";
import { spread } from "../../base/spread";

type PodSpec = NonNullable<DeploymentManifest["spec"]>["template"]["spec"];
type Container = NonNullable<PodSpec>["containers"][number];

/** Not 1337, the sidecar's user, whose traffic is not redirected. */
const USER = 65532;

/** The settings in which the two workloads of the rate limiter differ. */
export interface LimiterWorkload {
    readonly name: string;
    readonly namespace: string;
    readonly replicas: number;
    readonly ports: readonly {
        readonly name: string;
        readonly number: number;
        readonly protocol: "grpc" | "tcp";
    }[];
    readonly container: Omit<Container, "name" | "ports" | "securityContext">;
    readonly volumes?: NonNullable<PodSpec>["volumes"];
    /** A change replaces the pods. */
    readonly annotations?: Readonly<Record<string, string>>;
    /** The hosts that it calls, in the format of a Sidecar. */
    readonly calls: readonly string[];
}

/**
 * A ServiceAccount, a Service, a Deployment, a Sidecar with only the hosts that it calls, and for several replicas a
 * PodDisruptionBudget.
 */
export function workloadObjects(workload: LimiterWorkload, config: MeshConfig): Manifest[] {
    return [
        account(workload),
        service(workload),
        deployment(workload, config),
        sidecar(workload),
        // For a single replica it would either allow the eviction, and change nothing, or block the drain of its node.
        ...(workload.replicas > 1 ? [disruptionBudget(workload)] : []),
    ];
}

function labelsOf({ name }: LimiterWorkload): Record<string, string> {
    return { ...COMMON_LABELS, [SERVICE_LABEL]: name };
}

function account(workload: LimiterWorkload): ServiceAccountManifest {
    return {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: workload.name, namespace: workload.namespace, labels: labelsOf(workload) },
        automountServiceAccountToken: false,
    };
}

function service(workload: LimiterWorkload): ServiceManifest {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: workload.name, namespace: workload.namespace, labels: labelsOf(workload) },
        spec: {
            type: "ClusterIP",
            selector: { [SERVICE_LABEL]: workload.name },
            ports: workload.ports.map(({ name, number, protocol }) => ({
                name,
                port: number,
                targetPort: number,
                protocol: "TCP",
                appProtocol: protocol,
            })),
        },
    };
}

function deployment(workload: LimiterWorkload, config: MeshConfig): DeploymentManifest {
    const { name, namespace, replicas, ports, container, volumes } = workload;
    const labels = { ...labelsOf(workload), app: name };
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace, labels },
        spec: {
            replicas,
            revisionHistoryLimit: 2,
            selector: { matchLabels: { app: name, [SERVICE_LABEL]: name } },
            template: {
                metadata: {
                    labels,
                    annotations: {
                        ...workload.annotations,
                        ...sidecarResources(config.sidecar),
                    },
                },
                spec: {
                    serviceAccountName: name,
                    automountServiceAccountToken: false,
                    ...placement(config, "ingress"),
                    ...(replicas > 1 ? { topologySpreadConstraints: spread({ [SERVICE_LABEL]: name }) } : {}),
                    securityContext: restrictedPod(USER),
                    containers: [
                        {
                            ...container,
                            name,
                            ports: ports.map((port) => ({ name: port.name, containerPort: port.number })),
                            securityContext: restrictedContainer(),
                        },
                    ],
                    ...(volumes === undefined ? {} : { volumes }),
                },
            },
        },
    };
}

function disruptionBudget(workload: LimiterWorkload): PodDisruptionBudgetManifest {
    const { name, namespace } = workload;
    return {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name, namespace, labels: labelsOf(workload) },
        spec: {
            maxUnavailable: 1,
            unhealthyPodEvictionPolicy: "AlwaysAllow",
            selector: { matchLabels: { [SERVICE_LABEL]: name } },
        },
    };
}

function sidecar({ name, namespace, calls }: LimiterWorkload): SidecarManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name, namespace, labels: COMMON_LABELS },
        spec: {
            workloadSelector: { labels: { [SERVICE_LABEL]: name } },
            egress: [{ hosts: calls.length > 0 ? [...calls] : ["~/*"] }],
        },
    };
}
