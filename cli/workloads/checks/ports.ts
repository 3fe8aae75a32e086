/** Whether callers reach the workload's ports, and the mesh knows their protocols. */
import { getOwn, sortedEntries } from "../../../catalogue/order";
import type { Port } from "../../../catalogue/model";
import {
    type Check,
    type Context,
    type Draft,
    objectPatch,
    podPatch,
    type ReadObject,
    type Workload,
} from "../model";
import { isBatch } from "./batch";

/** The ports of the sidecar and its agent (Istio, "Application Requirements": 15000 to 15090). */
const SIDECAR_PORTS = { first: 15000, last: 15090 } as const;
/** Ports below this one need a privilege, unless the node allows them to everybody. */
const FIRST_UNPRIVILEGED = 1024;

export const declaredPorts: Check = (workload, context) => {
    const ports = cataloguePorts(workload, context);
    const listening = workload.containers.flatMap(({ ports: containerPorts = [] }) => containerPorts);
    if (listening.length === 0 || isBatch(workload)) return [];
    const [first] = workload.containers;
    return ports
        .filter(([, { number }]) => !listening.some(({ containerPort }) => containerPort === number))
        .map(([name, { number }]) => ({
            severity: "error",
            field: "spec.containers[].ports",
            problem: `the catalogue has port ${name} (${number}), but no container lists ${number}: the Service, policies and NetworkPolicies all use the catalogue's number`,
            fix: `let the container listen on ${number}, or correct the number in the catalogue`,
            patch: podPatch(workload, {
                spec: { containers: [{ name: first?.name, ports: [{ name, containerPort: number }] }] },
            }),
        }));
};

export const sidecarPorts: Check = ({ containers }) =>
    containers.flatMap(({ name, ports = [] }) =>
        ports
            .filter(
                ({ containerPort }) =>
                    containerPort >= SIDECAR_PORTS.first && containerPort <= SIDECAR_PORTS.last,
            )
            .map(({ containerPort }) => ({
                severity: "error",
                field: `spec.containers[${name}].ports[${containerPort}]`,
                problem: `the sidecar uses the ports ${SIDECAR_PORTS.first} to ${SIDECAR_PORTS.last}, so one of the two cannot listen on ${containerPort}`,
                fix: "let the application listen on another port",
            })),
    );

export const privilegedPorts: Check = (workload) => {
    const { containers, pod } = workload;
    const allowed = (pod.securityContext?.sysctls ?? []).some(({ name }) => name === SYSCTL);
    if (allowed) return [];
    return containers.flatMap(({ name, ports = [], securityContext }) =>
        ports
            .filter(
                ({ containerPort }) =>
                    containerPort < FIRST_UNPRIVILEGED &&
                    !(securityContext?.capabilities?.add ?? []).includes("NET_BIND_SERVICE"),
            )
            .map(({ containerPort }) => ({
                severity: "warning",
                field: `spec.containers[${name}].ports[${containerPort}]`,
                problem: `a process that is not root can listen on ${containerPort} only if the node allows it (containerd does by default, other runtimes may not)`,
                fix: `listen on a port from ${FIRST_UNPRIVILEGED}, or allow it in the pod`,
                patch: podPatch(workload, {
                    spec: { securityContext: { sysctls: [{ name: SYSCTL, value: String(containerPort) }] } },
                }),
            })),
    );
};

const SYSCTL = "net.ipv4.ip_unprivileged_port_start";

interface ServiceSpec {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
        readonly name?: string;
        readonly port: number;
        readonly targetPort?: number | string;
        readonly appProtocol?: string;
    }[];
}

/** Istio's protocols of HTTP ports, as names and as `appProtocol`. */
const HTTP = ["http", "http2", "grpc", "grpc-web"];

/** A Service that selects the workload's pods is another way to it, whose ports the mesh must know as well. */
export const servicePorts: Check = (workload, context) =>
    servicesOf(workload, context).flatMap((service) => {
        const { ports = [] } = (service.object.spec ?? {}) as ServiceSpec;
        const { name: serviceName } = service.object.metadata;
        return ports.flatMap((port): Draft[] => [
            ...unknownTarget(workload, serviceName, port),
            ...wrongProtocol(workload, context, service, port),
        ]);
    });

type ServicePort = NonNullable<ServiceSpec["ports"]>[number];

function unknownTarget(
    { containers }: Workload,
    serviceName: string,
    { port, targetPort = port }: ServicePort,
): Draft[] {
    const known = containers.flatMap(({ ports = [] }) => ports);
    if (typeof targetPort === "number" || known.some(({ name }) => name === targetPort)) return [];
    return [
        {
            severity: "error",
            field: `/Service ${serviceName} spec.ports[${port}].targetPort`,
            problem: `no container has a port named ${targetPort}, so the Service ${serviceName} leads nowhere`,
            fix: `name the container's port ${targetPort}, or set targetPort to its number`,
        },
    ];
}

function wrongProtocol(
    workload: Workload,
    context: Context,
    service: ReadObject,
    { name = "", port, targetPort = port, appProtocol }: ServicePort,
): Draft[] {
    const number = targetNumber(workload, targetPort);
    const declared = cataloguePorts(workload, context).find(([, one]) => one.number === number)?.[1];
    if (declared === undefined) return [];
    const wanted = protocolOf(declared);
    const actual = appProtocol ?? name.split("-")[0] ?? "";
    const isHttp = HTTP.includes(actual);
    if (wanted === "tcp" ? !isHttp : isHttp && (actual === "grpc") === (wanted === "grpc")) return [];
    const { name: serviceName } = service.object.metadata;
    return [
        {
            severity: "error",
            field: `/Service ${serviceName} spec.ports[${port}].appProtocol`,
            problem: `the mesh reads ${actual === "" ? "no protocol" : `the protocol ${actual}`} from the port, but the catalogue says ${declared.protocol}: routes, retries and policies of requests do not apply`,
            fix: `set appProtocol: ${wanted}`,
            patch: objectPatch(service, { spec: { ports: [{ port, appProtocol: wanted }] } }),
        },
    ];
}

function targetNumber({ containers }: Workload, target: number | string): number | undefined {
    if (typeof target === "number") return target;
    return containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === target)?.containerPort;
}

function protocolOf({ protocol }: Port): string {
    return protocol === "ws" ? "http" : protocol;
}

/** The Services among the objects that select the workload's pods. */
function servicesOf({ labels, namespace }: Workload, { others }: Context): ReadObject[] {
    return others.filter(({ object }) => {
        const { selector = {} } = (object.spec ?? {}) as ServiceSpec;
        const entries = Object.entries(selector);
        return (
            object.kind === "Service" &&
            (object.metadata.namespace ?? namespace) === namespace &&
            entries.length > 0 &&
            entries.every(([key, value]) => labels[key] === value)
        );
    });
}

function cataloguePorts({ service }: Workload, { platform }: Context): [name: string, port: Port][] {
    const found = service === undefined ? undefined : getOwn(platform.catalogue.services, service);
    return found === undefined ? [] : sortedEntries(found.ports);
}
