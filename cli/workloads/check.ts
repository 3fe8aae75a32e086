/** `mesh workloads check`: what keeps workloads from working in the mesh, each with the patch that mends it. */
import { getOwn } from "../../catalogue/order";
import { nearest } from "../../catalogue/check";
import type { Platform } from "../../components/base/platform";
import { batchCalls, completion } from "./checks/batch";
import { podSecurity, requests } from "./checks/hardening";
import {
    account,
    bypass,
    hostNetwork,
    hostPort,
    injection,
    knownService,
    serviceLabel,
    serviceNamespace,
    sidecarUser,
} from "./checks/identity";
import { drain, readiness, replicas, rolloutTarget, selector } from "./checks/lifecycle";
import { patchedFields } from "./checks/patch";
import { declaredPorts, privilegedPorts, servicePorts, sidecarPorts } from "./checks/ports";
import type { Check, Finding, ReadObject, Workload } from "./model";
import { workloadsIn } from "./workloads";

export const CHECKS: Readonly<Record<string, Check>> = {
    "known-service": knownService,
    namespace: serviceNamespace,
    label: serviceLabel,
    account,
    patch: patchedFields,
    injection,
    bypass,
    "sidecar-user": sidecarUser,
    "host-network": hostNetwork,
    "host-port": hostPort,
    ports: declaredPorts,
    "sidecar-ports": sidecarPorts,
    "privileged-ports": privilegedPorts,
    "service-ports": servicePorts,
    readiness,
    drain,
    replicas,
    rollout: rolloutTarget,
    selector,
    "job-completion": completion,
    "job-calls": batchCalls,
    "pod-security": podSecurity,
    requests,
};

export interface WorkloadReport {
    /** `Deployment sparc/orders`. */
    readonly workloads: readonly string[];
    readonly findings: readonly Finding[];
}

/**
 * @param service the service that every workload without a label of its own runs
 * @throws Error if a workload is malformed, or the service is unknown
 */
export function checkWorkloads(
    objects: readonly ReadObject[],
    platform: Platform,
    service?: string,
): WorkloadReport {
    if (service !== undefined && getOwn(platform.catalogue.services, service) === undefined) {
        const close = nearest(service, Object.keys(platform.catalogue.services));
        throw new Error(
            `--service ${service}: the catalogue has no such service.${close === undefined ? "" : ` Did you mean "${close}"?`}`,
        );
    }
    const workloads = workloadsIn(objects, platform, service);
    const context = { platform, workloads, others: objects };
    const findings = workloads.flatMap((workload) =>
        Object.entries(CHECKS).flatMap(([check, run]) =>
            run(workload, context).map(({ field, ...draft }): Finding => ({
                check,
                place: workload.place,
                object: nameOf(workload),
                field: field.startsWith("/") ? field.slice(1) : [...workload.path, field].join("."),
                ...draft,
            })),
        ),
    );
    return { workloads: workloads.map(nameOf), findings };
}

function nameOf({ kind, namespace, name }: Workload): string {
    return `${kind} ${namespace}/${name}`;
}
