/** Names that a service mentions: services, ports, stores and external groups must be there, and be others than itself. */

import type { Catalogue } from "../model";
import { own, sortedEntries } from "../order";
import type { Problem } from "./problem";
import { didYouMean, list, repeated } from "./problem";
import { callSites, exposureSites } from "./sites";
import type { CallSite, ExposureSite } from "./sites";

/** Unknown services, ports, stores and external groups; services that call themselves; things named twice. */
export function checkReferences(catalogue: Catalogue): Problem[] {
    const services = sortedEntries(catalogue.services).map(([name]) => name);
    return [
        ...callSites(catalogue).flatMap((site) => callProblems(site, services)),
        ...exposureSites(catalogue).flatMap(exposureProblems),
        ...useProblems(catalogue, "stores", "store", catalogue.stores),
        ...useProblems(catalogue, "external", "external group", catalogue.external),
    ];
}

function callProblems(
    { caller, call, callee, port, where }: CallSite,
    services: readonly string[],
): Problem[] {
    if (callee === undefined) {
        return [
            {
                rule: "unknown-service",
                where,
                message: `${caller} calls ${call.to}, which is no service of the catalogue`,
                remedy: didYouMean(call.to, services, `Define ${call.to}, or remove the call.`),
            },
        ];
    }
    const problems: Problem[] = [];
    if (call.to === caller) {
        problems.push({
            rule: "self-call",
            where,
            message: `${caller} calls itself`,
            remedy: "Remove the call: what stays within a service does not pass the mesh.",
        });
    }
    if (port === undefined) {
        problems.push({
            rule: "unknown-port",
            where,
            message: `${caller} calls the port ${call.port} of ${call.to}, which has no such port`,
            remedy: portRemedy(call.to, call.port, callee.ports),
        });
    }
    return problems;
}

function exposureProblems({ name, exposure, service, port, where }: ExposureSite): Problem[] {
    if (port !== undefined) return [];
    return [
        {
            rule: "unknown-port",
            where,
            message: `the host ${exposure.host} exposes the port ${exposure.port} of ${name}, which has no such port`,
            remedy: portRemedy(name, exposure.port, service.ports),
        },
    ];
}

function portRemedy(service: string, port: string, ports: Readonly<Record<string, unknown>>): string {
    const names = sortedEntries(ports).map(([name]) => name);
    const otherwise = names.length === 0 ? `Give ${service} the port.` : `${service} has ${list(names)}.`;
    return didYouMean(port, names, otherwise);
}

function useProblems(
    catalogue: Catalogue,
    field: "stores" | "external",
    kind: string,
    known: Readonly<Record<string, unknown>>,
): Problem[] {
    const names = sortedEntries(known).map(([name]) => name);
    return sortedEntries(catalogue.services).flatMap(([name, service]) => {
        const used = service[field] ?? [];
        const unknown = used.flatMap((use, index): Problem[] =>
            own(known, use) !== undefined
                ? []
                : [
                      {
                          rule: `unknown-${kind.replace(" ", "-")}`,
                          where: `${name}.${field}[${index}] → ${use}`,
                          message: `${name} uses ${use}, which is no ${kind} of the catalogue`,
                          remedy: didYouMean(use, names, `Define ${use}, or remove it from ${name}.`),
                      },
                  ],
        );
        const twice = repeated(used).map((use) => ({
            rule: "repeated-use",
            where: `${name}.${field} → ${use}`,
            message: `${name} names the ${kind} ${use} twice`,
            remedy: "Name it once.",
        }));
        return [...unknown, ...twice];
    });
}
