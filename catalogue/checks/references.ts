/** References to services, ports, stores and external groups must resolve. */

import type { Catalogue } from "../model";
import { getOwn, sortedEntries } from "../order";
import type { Problem } from "./problem";
import { didYouMean, list, repeated } from "./problem";
import { callSites, exposureSites } from "./sites";
import type { CallSite, ExposureSite } from "./sites";

/** Unknown services, ports, stores and external groups; services that call themselves; repeated references. */
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
                message: `${caller} calls the unknown service ${call.to}`,
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
            remedy: "Remove the call. If its replicas call each other, list the TCP ports on which they do in peers.",
        });
    }
    if (port === undefined) {
        problems.push({
            rule: "unknown-port",
            where,
            message: `${caller} calls the unknown port ${call.port} of ${call.to}`,
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
            message: `the host ${exposure.host} exposes the unknown port ${exposure.port} of ${name}`,
            remedy: portRemedy(name, exposure.port, service.ports),
        },
    ];
}

function portRemedy(service: string, port: string, ports: Readonly<Record<string, unknown>>): string {
    const names = sortedEntries(ports).map(([name]) => name);
    const otherwise =
        names.length === 0 ? `Define the port of ${service}.` : `${service} has ${list(names)}.`;
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
            getOwn(known, use) !== undefined
                ? []
                : [
                      {
                          rule: `unknown-${kind.replace(" ", "-")}`,
                          where: `${name}.${field}[${index}] → ${use}`,
                          message: `${name} uses the unknown ${kind} ${use}`,
                          remedy: didYouMean(use, names, `Define ${use}, or remove it from ${name}.`),
                      },
                  ],
        );
        const twice = repeated(used).map((use) => ({
            rule: "repeated-use",
            where: `${name}.${field} → ${use}`,
            message: `${name} lists the ${kind} ${use} twice`,
            remedy: "Remove the duplicate.",
        }));
        return [...unknown, ...twice];
    });
}
