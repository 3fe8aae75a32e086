/** The two pairs of pods between which a hop is measured: two services of the mesh, and their like without sidecars. */
import { SERVICE_LABEL } from "../../components/base/labels";
import { NAMESPACES, serviceHost, STAND_IN_CONTAINER } from "../../components/base/names";
import type { Deployment } from "../../test/live/deployment";
import type { Asker } from "./load";

const CALLER = "api-gateway";
const CALLEE = "recordings";
const PORT = 8080;
/** Neither meshed nor known to any policy. */
const BESIDE = "mesh-bench-plain";
const PROXY_CONTAINER = "istio-proxy";

export const MESHED_ADDRESS = `${serviceHost(CALLEE)}:${PORT}`;
export const PLAIN_ADDRESS = `${serviceHost(CALLEE, BESIDE)}:${PORT}`;

/** The objects that say what these proxies count and log, by kind. */
export const TELEMETRY_OF_THE_PAIR: readonly (readonly [kind: string, namespace: string, name: string])[] = [
    ["envoyfilter.networking.istio.io", NAMESPACES.system, "istio-metrics"],
    ...[CALLER, CALLEE].flatMap((service) => [
        ["envoyfilter.networking.istio.io", NAMESPACES.services, `istio-metrics-${service}`] as const,
        ["telemetry.telemetry.istio.io", NAMESPACES.services, service] as const,
    ]),
];

/** A pod with a sidecar. */
export interface Meshed extends Asker {
    /** The sidecar's, without the runtime's name. */
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

/** Both services' pods made anew, so that nothing of an earlier variant is in their proxies: no series, no connection. */
export async function anew(node: Deployment): Promise<readonly [caller: Meshed, callee: Meshed]> {
    const namespace = `--namespace=${NAMESPACES.services}`;
    const both = `${SERVICE_LABEL} in (${CALLER},${CALLEE})`;
    // Nobody asks them by now, so there is nothing to drain.
    await node.kubectl(["delete", "pod", namespace, "--selector", both, "--grace-period=2"]);
    const ready = ["wait", "pod", namespace, "--selector", both, "--for=condition=Ready", "--timeout=180s"];
    await node.kubectl(ready);
    return [await meshed(node, CALLER), await meshed(node, CALLEE)];
}

async function meshed(node: Deployment, service: string): Promise<Meshed> {
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

/** Sidecars are native, and so among the init containers, or, of old, not. */
export function sidecarOf({ metadata, status }: Pod): string {
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const id = all.find(({ name }) => name === PROXY_CONTAINER)?.containerID?.split("//")[1];
    if (id === undefined) throw new Error(`${metadata.name} has no sidecar that runs`);
    return id;
}

/** The same two pods and the callee's Service, without sidecars. */
export async function makePlain(node: Deployment): Promise<Asker> {
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
        { apiVersion: "v1", kind: "Namespace", metadata: { name: BESIDE } },
        ...templates,
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: CALLEE, namespace: BESIDE },
            spec: { selector: { "mesh-bench": CALLEE }, ports: [port] },
        },
    ];
    for (const object of list) {
        await node.kubectl(["apply", "--server-side", "--filename", "-"], JSON.stringify(object));
    }
    await node.kubectl([
        ...["wait", "--namespace", BESIDE, "--for=condition=Ready", "pod", "--all", "--timeout=120s"],
    ]);
    return { namespace: BESIDE, pod: CALLER, container: STAND_IN_CONTAINER };
}

interface Workload {
    readonly spec: { readonly template: { readonly spec: Readonly<Record<string, unknown>> } };
}

const IDENTITY: ReadonlySet<string> = new Set(["serviceAccount", "serviceAccountName"]);

/** A service's pod as it is, but for its identity and its sidecar. */
export function plainPod(service: string, { spec }: Workload): object {
    const rest = Object.entries(spec.template.spec).filter(([field]) => !IDENTITY.has(field));
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name: service,
            namespace: BESIDE,
            labels: { "mesh-bench": service, "sidecar.istio.io/inject": "false" },
        },
        spec: Object.fromEntries(rest),
    };
}

export async function removePlain(node: Deployment): Promise<void> {
    await node.kubectl(["delete", "namespace", BESIDE, "--ignore-not-found", "--wait=false"]);
}
