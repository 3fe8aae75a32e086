/** Checks `workloads.services` against the catalogue and the rest of the configuration. */
import { getOwn, groupBy, sortedEntries } from "../../catalogue/order";
import type { ExistingSource, ImageSource, WorkloadSource } from "../../config/workloads";
import type { Platform } from "../base/platform";
import { rolloutFor } from "../shared/flagger/rollouts";
import { unknownService } from "../base/unknown-service";
import { unknownCase } from "../../catalogue/never";
import { deploymentName, FIRST_VERSION } from "./deployment";
import { imageOf } from "./image";

/** Returns every mistake, each with its place and its fix. */
export function workloadProblems(platform: Platform): string[] {
    const { catalogue, config } = platform;
    return [
        ...sortedEntries(config.workloads.services).flatMap(([name, source]) => {
            const where = `workloads.services.${name}`;
            if (getOwn(catalogue.services, name) === undefined)
                return [unknownService(catalogue, where, name)];
            return problemsOf(platform, where, name, source);
        }),
        ...adoptedTwice(platform),
    ];
}

function problemsOf(platform: Platform, where: string, name: string, source: WorkloadSource): string[] {
    switch (source.from) {
        case "stand-in":
            return platform.config.workloads.standIns
                ? []
                : [
                      `${where}: from: stand-in needs the stand-ins' image, which the stack does not have; ` +
                          "set workloads.standIns: true and workloads.image, or remove the key",
                  ];
        case "image":
            return imageSourceProblems(platform, where, name, source);
        case "existing":
            return existingProblems(platform, where, name, source);
        default:
            return unknownCase(source);
    }
}

function imageSourceProblems(platform: Platform, where: string, name: string, source: ImageSource): string[] {
    const versions = otherVersions(platform, name);
    return [
        ...kindProblems(platform, where, name, source),
        ...versions
            .filter((version) => imageOf(source, version) === undefined)
            .map(
                (version) =>
                    `${where}.versions: traffic.services.${name}.versions has ${version}, which has no image; add ${version}: <image>`,
            ),
        ...Object.keys(source.versions)
            .filter((version) => !versions.includes(version))
            .map((version) =>
                version === FIRST_VERSION
                    ? `${where}.versions.${version}: the first version is \`image\`; remove it here`
                    : `${where}.versions.${version}: traffic.services.${name}.versions has no ${version}; add it there, or remove it here`,
            ),
        ...duplicates([
            ...Object.keys(source.environment),
            ...Object.keys(source.environmentFromSecrets),
            ...Object.keys(source.environmentFromConfigMaps),
        ]).map(
            (variable) =>
                `${where}: the environment variable ${variable} is set twice; keep it in one of environment, environmentFromSecrets and environmentFromConfigMaps`,
        ),
        ...duplicates(source.writablePaths).map((path) => `${where}.writablePaths: ${path} is listed twice`),
    ];
}

/** Keys that the kind does not have, and services that cannot run as that kind. */
function kindProblems(platform: Platform, where: string, name: string, source: ImageSource): string[] {
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
        ...duplicates(source.volumes.map(({ path }) => path)).map(
            (path) => `${where}.volumes: ${path} is listed twice`,
        ),
    ];
}

/** Callers would reach a job's pods while they run. */
function batchProblems({ catalogue }: Platform, where: string, name: string, kind: string): string[] {
    const ports = Object.keys(getOwn(catalogue.services, name)?.ports ?? {}).sort();
    if (ports.length === 0) return [];
    return [
        `${where}.kind: ${name} has the port${ports.length > 1 ? "s" : ""} ${ports.join(", ")} in the catalogue, so callers would reach the pods of a ${kind}; ` +
            "give the job a service of its own without ports, or use kind: Deployment",
    ];
}

/** A workload that the program only patches has one version, and keeps the kind and name that its owner gave it. */
function existingProblems(
    platform: Platform,
    where: string,
    name: string,
    { kind, name: deployed = name, autoscaler }: ExistingSource,
): string[] {
    const problems: string[] = kind === "CronJob" ? batchProblems(platform, where, name, kind) : [];
    if (autoscaler !== undefined && rolloutFor(platform, name) === undefined)
        problems.push(
            `${where}.autoscaler: Flagger does not roll ${name} out, so nothing reads it; remove it`,
        );
    if (otherVersions(platform, name).length > 0)
        problems.push(
            `${where}: traffic.services.${name}.versions lists several versions, but an existing workload has one; ` +
                "remove the other versions, or use from: image",
        );
    if (rolloutFor(platform, name) !== undefined && (kind !== "Deployment" || deployed !== name))
        problems.push(
            `${where}: Flagger rolls ${name} out, which takes a Deployment named ${name}, not the ${kind} ${deployed}; ` +
                `rename it, or list in delivery.services what Flagger is to roll out, without ${name}`,
        );
    const owner = kind === "Deployment" ? programDeployments(platform).get(deployed) : undefined;
    if (owner !== undefined)
        problems.push(
            `${where}: the program creates the Deployment ${deployed} itself, for ${owner}; name the workload that your tool deploys`,
        );
    return problems;
}

/** The Deployments that the program creates for services, with their service. */
function programDeployments({ catalogue, config: { workloads, traffic } }: Platform): Map<string, string> {
    return new Map(
        Object.keys(catalogue.services).flatMap((service) => {
            const { from = workloads.standIns ? "stand-in" : undefined } =
                getOwn(workloads.services, service) ?? {};
            if (from === undefined || from === "existing") return [];
            const versions = Object.keys(traffic.services[service]?.versions ?? {});
            return [FIRST_VERSION, ...versions].map(
                (version) => [deploymentName(service, version), service] as const,
            );
        }),
    );
}

/** One pod has one service's identity. */
function adoptedTwice({ config: { workloads } }: Platform): string[] {
    const existing = sortedEntries(workloads.services).flatMap(([service, source]) =>
        source.from === "existing" ? [{ service, target: `${source.kind} ${source.name ?? service}` }] : [],
    );
    return [...groupBy(existing, ({ target }) => target)]
        .filter(([, { length }]) => length > 1)
        .map(
            ([target, users]) =>
                `workloads.services: ${users.map(({ service }) => service).join(" and ")} name the same ${target}; ` +
                "its pods can have the identity of one service only",
        );
}

/** Versions in addition to the first. */
function otherVersions({ config: { traffic } }: Platform, name: string): string[] {
    return Object.keys(traffic.services[name]?.versions ?? {})
        .filter((version) => version !== FIRST_VERSION)
        .sort();
}

function duplicates(names: readonly string[]): string[] {
    return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
