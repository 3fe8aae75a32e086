import type { MeshConfig } from "../../config/schema";
import type { DeploymentManifest } from "../base/manifest";
import { HEALTH_PORT, STAND_IN_CONTAINER } from "../base/names";
import { sortedEntries } from "../../catalogue/order";
import type { Placement } from "../shared/pods/pools";
import { restrictedContainer } from "../shared/pods/pod-security";
import { deployment } from "./deployment";
import type { Workload } from "./workload";

/** The user of stand-ins. Not 1337, the sidecar's: its traffic is not redirected and would bypass the mesh. */
const USER = 65532;

/** Seconds for which a terminating stand-in still responds, while endpoints are removed. */
const DRAIN_SECONDS = 5;

/** A Deployment that responds on every port of `workload` in that port's protocol (local/standin). */
export function standIn(
    workload: Workload,
    version: string,
    { image, replicas: override }: Extract<MeshConfig["workloads"], { standIns: true }>,
    place: Placement,
): DeploymentManifest {
    const { name: service, ports, replicas, rolledOut, kpis } = workload;
    const declaredPorts = sortedEntries(ports);
    return deployment(
        workload,
        version,
        {
            user: USER,
            metrics: { port: HEALTH_PORT.number, path: "/metrics" },
            terminationSeconds: DRAIN_SECONDS + 25,
            container: {
                name: STAND_IN_CONTAINER,
                image,
                args: [
                    "serve",
                    ...["--service", service],
                    ...["--version", version],
                    ...["--health", String(HEALTH_PORT.number)],
                    ...["--drain", `${DRAIN_SECONDS}s`],
                    ...kpis.flatMap((kpi) => ["--figure", kpi]),
                    ...declaredPorts.flatMap(([port, { protocol, number }]) => [
                        "--port",
                        `${port}:${protocol}:${number}`,
                    ]),
                ],
                ports: [
                    ...declaredPorts.map(([port, { number }]) => ({
                        name: port,
                        containerPort: number,
                    })),
                    { name: HEALTH_PORT.name, containerPort: HEALTH_PORT.number },
                ],
                readinessProbe: probe("/healthz/ready", 2),
                livenessProbe: probe("/healthz/live", 10),
                resources: {
                    requests: { cpu: "5m", memory: "16Mi" },
                    limits: { cpu: "500m", memory: "128Mi" },
                },
                securityContext: restrictedContainer(),
            },
        },
        place,
        // Flagger manages the replicas of a service that it rolls out; a number here would scale the old version up
        // again.
        rolledOut ? undefined : (override ?? replicas),
    );
}

function probe(path: string, periodSeconds: number) {
    return { httpGet: { path, port: HEALTH_PORT.number }, periodSeconds, timeoutSeconds: 5 };
}
