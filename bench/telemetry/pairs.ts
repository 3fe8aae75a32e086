/** The measured pairs of pods: two services of the mesh, and copies of them without sidecars. */
import { SERVICE_LABEL } from "../../components/base/labels";
import { NAMESPACES, serviceHost, STAND_IN_CONTAINER } from "../../components/base/names";
import type { Deployment } from "../../test/live/deployment";
import type { LoadClient } from "./load";

const CALLER = "api-gateway";
const CALLEE = "recordings";
const PORT = 8080;
/** A namespace outside the mesh, without policies. */
const PLAIN_NAMESPACE = "mesh-bench-plain";
const PROXY_CONTAINER = "istio-proxy";

export const MESHED_ADDRESS = `${serviceHost(CALLEE)}:${PORT}`;
export const PLAIN_ADDRESS = `${serviceHost(CALLEE, PLAIN_NAMESPACE)}:${PORT}`;

/** The telemetry objects of these proxies. */
export const TELEMETRY_OF_THE_PAIR: readonly (readonly [kind: string, namespace: string, name: string])[] = [
    ["envoyfilter.networking.istio.io", NAMESPACES.system, "istio-metrics"],
    ...[CALLER, CALLEE].flatMap((service) => [
        ["envoyfilter.networking.istio.io", NAMESPACES.services, `istio-metrics-${service}`] as const,
        ["telemetry.telemetry.istio.io", NAMESPACES.services, service] as const,
    ]),
];

/** A pod with a sidecar. */
export interface MeshedPod extends LoadClient {
    /** The sidecar's container ID, without the runtime's prefix. */
    readonly sidecar: string;
}

interface Pod {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly status: {
        readonly initContainerStatuses?: readonly Status[];
        readonly containerStatuses?: readonly Status[];
    };
}

interface Status {
    readonly name: string;
    readonly containerID?: string;
}

/** Restarts both services' pods, so that their proxies have no series or connections of an earlier variant. */
export async function restartPair(
    node: Deployment,
): Promise<readonly [caller: MeshedPod, callee: MeshedPod]> {
    const namespace = `--namespace=${NAMESPACES.services}`;
    const both = `${SERVICE_LABEL} in (${CALLER},${CALLEE})`;
    // They have no traffic now, so there is nothing to drain.
    await node.kubectl(["delete", "pod", namespace, "--selector", both, "--grace-period=2"]);
    const ready = ["wait", "pod", namespace, "--selector", both, "--for=condition=Ready", "--timeout=180s"];
    await node.kubectl(ready);
    return [await meshed(node, CALLER), await meshed(node, CALLEE)];
}

async function meshed(node: Deployment, service: string): Promise<MeshedPod> {
    const { items } = JSON.parse(
        await node.kubectl([
            ...["get", "pods", "--namespace", NAMESPACES.services, "--output", "json"],
            ...["--selector", `${SERVICE_LABEL}=${service}`],
        ]),
    ) as { items: readonly Pod[] };
    const [pod, ...more] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (pod === undefined || more.length > 0) throw new Error(`expected one pod of ${service}`);
    return {
        namespace: NAMESPACES.services,
        pod: pod.metadata.name,
        container: STAND_IN_CONTAINER,
        sidecar: sidecarOf(pod),
    };
}

/** Native sidecars are init containers; classic ones are not. */
export function sidecarOf({ metadata, status }: Pod): string {
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const id = all.find(({ name }) => name === PROXY_CONTAINER)?.containerID?.split("//")[1];
    if (id === undefined) throw new Error(`${metadata.name} has no running sidecar`);
    return id;
}

/** Creates the same two pods and the callee's Service, without sidecars. */
export async function makePlain(node: Deployment): Promise<LoadClient> {
    const templates = await Promise.all(
        [CALLER, CALLEE].map(async (service) => {
            const printed = await node.kubectl([
                ...["get", "deployment", service, "--namespace", NAMESPACES.services, "--output", "json"],
            ]);
            return plainPod(service, JSON.parse(printed) as Workload);
        }),
    );
    const port = { name: "http", port: PORT, targetPort: PORT };
    const list = [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: PLAIN_NAMESPACE } },
        ...templates,
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: CALLEE, namespace: PLAIN_NAMESPACE },
            spec: { selector: { "mesh-bench": CALLEE }, ports: [port] },
        },
    ];
    for (const object of list) {
        await node.kubectl(["apply", "--server-side", "--filename", "-"], JSON.stringify(object));
    }
    await node.kubectl([
        ...[
            "wait",
            "--namespace",
            PLAIN_NAMESPACE,
            "--for=condition=Ready",
            "pod",
            "--all",
            "--timeout=120s",
        ],
    ]);
    return { namespace: PLAIN_NAMESPACE, pod: CALLER, container: STAND_IN_CONTAINER };
}

interface Workload {
    readonly spec: { readonly template: { readonly spec: Readonly<Record<string, unknown>> } };
}

const IDENTITY: ReadonlySet<string> = new Set(["serviceAccount", "serviceAccountName"]);

/** A copy of a service's pod without its identity and its sidecar. */
export function plainPod(service: string, { spec }: Workload): object {
    const rest = Object.entries(spec.template.spec).filter(([field]) => !IDENTITY.has(field));
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name: service,
            namespace: PLAIN_NAMESPACE,
            labels: { "mesh-bench": service, "sidecar.istio.io/inject": "false" },
        },
        spec: Object.fromEntries(rest),
    };
}

export async function removePlain(node: Deployment): Promise<void> {
    await node.kubectl(["delete", "namespace", PLAIN_NAMESPACE, "--ignore-not-found", "--wait=false"]);
}
