import type { MeshConfig } from "../../../config/schema";
import { COMMON_LABELS, SERVICE_LABEL } from "../../base/labels";
import type {
    DeploymentManifest,
    Manifest,
    ServiceAccountManifest,
    ServiceManifest,
    SidecarManifest,
} from "../../base/manifest";
import { placement } from "../../base/pools";
import { restrictedContainer, restrictedPod } from "../../base/pod-security";
import { sidecarResources } from "../../base/sidecar-resources";

type PodSpec = NonNullable<DeploymentManifest["spec"]>["template"]["spec"];
type Container = NonNullable<PodSpec>["containers"][number];

/** Never 1337, the sidecar's, whose traffic is not redirected. */
const USER = 65532;

/** What the two workloads of the limiter differ in. */
export interface Part {
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
    /** Changes when pods must be replaced. */
    readonly annotations?: Readonly<Record<string, string>>;
    /** Hosts that it calls, as a Sidecar names them. */
    readonly calls: readonly string[];
}

/** An account, a Service, a Deployment, and a Sidecar that knows only whom it calls. */
export function partObjects(part: Part, config: MeshConfig): Manifest[] {
    return [account(part), service(part), deployment(part, config), sidecar(part)];
}

function labelsOf({ name }: Part): Record<string, string> {
    return { ...COMMON_LABELS, [SERVICE_LABEL]: name };
}

function account(part: Part): ServiceAccountManifest {
    return {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: part.name, namespace: part.namespace, labels: labelsOf(part) },
        automountServiceAccountToken: false,
    };
}

function service(part: Part): ServiceManifest {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: part.name, namespace: part.namespace, labels: labelsOf(part) },
        spec: {
            type: "ClusterIP",
            selector: { [SERVICE_LABEL]: part.name },
            ports: part.ports.map(({ name, number, protocol }) => ({
                name,
                port: number,
                targetPort: number,
                protocol: "TCP",
                appProtocol: protocol,
            })),
        },
    };
}

function deployment(part: Part, config: MeshConfig): DeploymentManifest {
    const { name, namespace, replicas, ports, container, volumes } = part;
    const labels = { ...labelsOf(part), app: name };
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
                        ...part.annotations,
                        ...sidecarResources(config.sidecar),
                    },
                },
                spec: {
                    serviceAccountName: name,
                    automountServiceAccountToken: false,
                    ...placement(config, "ingress"),
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

function sidecar({ name, namespace, calls }: Part): SidecarManifest {
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
