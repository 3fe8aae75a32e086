/** Checks `workloads.services` against the catalogue and the rest of the configuration. */
import { getOwn, groupBy, sortedEntries } from "../../catalogue/order";
import type { ExistingSource, ImageSource, WorkloadSource } from "../../config/workloads";
import type { Platform } from "../base/platform";
import { rolloutFor } from "../shared/flagger/rollouts";
import { unknownService } from "../base/unknown-service";
import { unknownCase } from "../../catalogue/never";
import { deploymentName, FIRST_VERSION } from "./deployment";
import { imageOf } from "./image";
import { batchProblems, duplicates, kindProblems, otherVersions, pathProblems, peersProblems } from "./kinds";

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
        ...peersProblems(platform),
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
        ...pathProblems(where, source),
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
