/** The application's container of a service that runs from an image. */
import { createHash } from "node:crypto";
import { sortedEntries } from "../../catalogue/order";
import { unknownCase } from "../../catalogue/never";
import type { ImageSource, ProbeConfig } from "../../config/workloads";
import { HEALTH_PORT } from "../base/names";
import { restrictedContainer } from "../shared/pods/pod-security";
import { containerResources } from "../shared/releases/istio-charts";
import type { Container } from "./deployment";
import type { Workload } from "./workload";

/** A volume, and the paths at which it is mounted. */
export interface Mount {
    readonly name: string;
    readonly mountPath: string;
}

/** The longest part of a path in a claim's name, which is a label, too: at most 63 characters with prefix and digest. */
const MAX_PATH_LENGTH = 48;

/**
 * The name of a StatefulSet's claim template, and of its volume. It depends on the path only: by its name, each replica
 * finds its data again after other volumes were added, removed or listed in another order.
 */
export function claimName(path: string): string {
    const readable = path.slice(1).replaceAll("/", "-");
    if (/^(\/[a-z0-9]+)+$/.test(path) && readable.length <= MAX_PATH_LENGTH) return `data-${readable}`;
    // Other paths could have the same readable name: /a/b and /a-b, /a_b and /a.b.
    const digest = createHash("sha256").update(path).digest("hex").slice(0, 8);
    const prefix = readable
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .slice(0, MAX_PATH_LENGTH)
        .replaceAll(/^-+|-+$/g, "");
    return ["data", prefix, digest].filter((part) => part !== "").join("-");
}

/** The container of pods that serve requests, or work until they are terminated. */
export function servingContainer(
    workload: Workload,
    source: ImageSource,
    image: string,
    mounts: readonly Mount[],
): Container {
    const { readiness, liveness, startup, drainSeconds } = source;
    return {
        ...container(workload, source, image, mounts),
        ...optional("readinessProbe", probe(readiness)),
        ...optional("livenessProbe", probe(liveness)),
        ...optional("startupProbe", startup === undefined ? undefined : probe(startup)),
        // The kubelet sleeps before it sends SIGTERM, so that the image needs no shell.
        ...(drainSeconds > 0 ? { lifecycle: { preStop: { sleep: { seconds: drainSeconds } } } } : {}),
    };
}

/** The container of pods that run to their end, without probes. */
export function container(
    { name, ports }: Workload,
    source: ImageSource,
    image: string,
    mounts: readonly Mount[],
): Container {
    const { command, args } = source;
    const declared = sortedEntries(ports).map(([port, { number }]) => ({
        name: port,
        containerPort: number,
    }));
    const env = environment(source);
    return {
        name,
        image,
        ...optional("command", command),
        ...optional("args", args),
        ports: [
            ...declared,
            ...(declared.some(({ containerPort }) => containerPort === HEALTH_PORT.number)
                ? []
                : [{ name: HEALTH_PORT.name, containerPort: HEALTH_PORT.number }]),
        ],
        ...(env.length > 0 ? { env } : {}),
        resources: containerResources(source.resources),
        ...(mounts.length > 0 ? { volumeMounts: [...mounts] } : {}),
        securityContext: restrictedContainer(),
    };
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
    return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
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
function probe(config: ProbeConfig): Container["livenessProbe"] {
    if (config.type === "none") return undefined;
    const { periodSeconds = 10, timeoutSeconds = 5, failureThreshold = 3 } = config;
    return { ...handler(config), periodSeconds, timeoutSeconds, failureThreshold };
}

function handler(config: Exclude<ProbeConfig, { type: "none" }>) {
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
        case "exec":
            return { exec: { command: config.command } };
        default:
            return unknownCase(config);
    }
}
