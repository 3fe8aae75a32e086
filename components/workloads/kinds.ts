/** Checks on kinds of workloads: what each of them does not have, and services that cannot run as that kind. */
import { isDeepStrictEqual } from "node:util";
import { getOwn, sortedEntries } from "../../catalogue/order";
import { maxReplicas, minReplicas } from "../../catalogue/query";
import { type ImageSource, SERVED } from "../../config/workloads";
import type { Platform } from "../base/platform";
import { rolloutFor } from "../shared/flagger/rollouts";
import { FIRST_VERSION } from "./deployment";

/** Keys that the kind does not have, and services that cannot run as that kind. */
export function kindProblems(platform: Platform, where: string, name: string, source: ImageSource): string[] {
    const { kind, schedule } = source;
    const isBatch = kind === "Job" || kind === "CronJob";
    const scheduled = (["schedule", "timeZone"] as const).filter((key) => source[key] !== undefined);
    const batch = (["retries", "deadlineSeconds"] as const).filter((key) => source[key] !== undefined);
    const unused = [
        ...(kind === "CronJob" ? [] : scheduled.map((key) => [key, "only a CronJob has it"] as const)),
        ...(isBatch ? [] : batch.map((key) => [key, "only a Job and a CronJob have it"] as const)),
        ...(kind !== "StatefulSet" && source.volumes.length > 0
            ? [["volumes", "only a StatefulSet has them"] as const]
            : []),
        ...(isBatch ? servedKeys(source) : []),
    ];
    return [
        ...unused.map(
            ([key, reason]) =>
                `${where}.${key}: ${reason}, and the kind is ${kind}; remove it, or change kind`,
        ),
        ...(kind === "CronJob" && schedule === undefined
            ? [`${where}.schedule: a CronJob needs one; set it to when the job runs, such as "15 3 * * *"`]
            : []),
        ...(isBatch ? batchProblems(platform, where, name, kind) : []),
        ...(kind !== "Deployment" && otherVersions(platform, name).length > 0
            ? [
                  `${where}.kind: traffic.services.${name}.versions lists several versions, which only Deployments have; ` +
                      "remove the other versions, or use kind: Deployment",
              ]
            : []),
        ...(kind === "StatefulSet" && rolloutFor(platform, name) !== undefined
            ? [
                  `${where}.kind: Flagger rolls ${name} out, which takes a Deployment, not a StatefulSet; ` +
                      `list in delivery.services what Flagger is to roll out, without ${name}`,
              ]
            : []),
        ...(kind === "StatefulSet" ? scaleProblems(platform, where, name) : []),
    ];
}

/** Callers would reach a job's pods while they run. */
export function batchProblems({ catalogue }: Platform, where: string, name: string, kind: string): string[] {
    const ports = Object.keys(getOwn(catalogue.services, name)?.ports ?? {}).sort();
    if (ports.length === 0) return [];
    return [
        `${where}.kind: ${name} has the port${ports.length > 1 ? "s" : ""} ${ports.join(", ")} in the catalogue, so callers would reach the pods of a ${kind}; ` +
            "give the job a service of its own without ports, or use kind: Deployment",
    ];
}

/** Probes and metrics of pods that have none. A value that equals the default has no effect, so it is accepted. */
function servedKeys(source: ImageSource): (readonly [key: string, reason: string])[] {
    const probes = (["readiness", "liveness", "startup"] as const).filter((key) => {
        const usual = key === "startup" ? undefined : SERVED[key];
        const probe = source[key];
        return probe !== undefined && probe.type !== "none" && !isDeepStrictEqual(probe, usual);
    });
    return [
        ...probes.map((key) => [key, "pods that run to their end have no probes"] as const),
        ...(isDeepStrictEqual(source.metrics, SERVED.metrics)
            ? []
            : [["metrics", "Prometheus does not scrape pods that run to their end"] as const]),
    ];
}

function scaleProblems({ catalogue }: Platform, where: string, name: string): string[] {
    const service = getOwn(catalogue.services, name);
    if (service === undefined || maxReplicas(service) === minReplicas(service)) return [];
    return [
        `${where}.kind: ${name} has maxReplicas: ${maxReplicas(service)} in the catalogue, and a StatefulSet has a fixed number of replicas (minReplicas, ${minReplicas(service)}); ` +
            "remove maxReplicas there, or use kind: Deployment",
    ];
}

/** Paths at which two volumes would be mounted. */
export function pathProblems(where: string, { volumes, writablePaths }: ImageSource): string[] {
    const kept = new Set(volumes.map(({ path }) => path));
    return [
        ...duplicates(volumes.map(({ path }) => path)).map(
            (path) => `${where}.volumes: ${path} is listed twice`,
        ),
        ...duplicates(writablePaths).map((path) => `${where}.writablePaths: ${path} is listed twice`),
        ...[...new Set(writablePaths)]
            .filter((path) => kept.has(path))
            .map(
                (path) =>
                    `${where}.writablePaths: ${path} is in volumes, too, which are writable; remove it here`,
            ),
    ];
}

/** Two versions of replicas that call each other would form one cluster. Kinds that have one version are reported as such. */
export function peersProblems(platform: Platform): string[] {
    const { catalogue, config } = platform;
    return sortedEntries(catalogue.services).flatMap(([name, { peers = [] }]) => {
        const source = getOwn(config.workloads.services, name);
        const { kind = "Deployment" } = source === undefined || source.from === "stand-in" ? {} : source;
        if (peers.length === 0 || kind !== "Deployment") return [];
        const because = `the replicas of ${name} call each other (peers), and those of a new version would join those in use`;
        return [
            ...(rolloutFor(platform, name) === undefined
                ? []
                : [`delivery.services: ${because}; list what Flagger is to roll out, without ${name}`]),
            ...(otherVersions(platform, name).length === 0
                ? []
                : [`traffic.services.${name}.versions: ${because}; remove the other versions`]),
        ];
    });
}

/** Versions in addition to the first. */
export function otherVersions({ config: { traffic } }: Platform, name: string): string[] {
    return Object.keys(traffic.services[name]?.versions ?? {})
        .filter((version) => version !== FIRST_VERSION)
        .sort();
}

export function duplicates(names: readonly string[]): string[] {
    return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
