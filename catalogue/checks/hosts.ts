/** Host names of exposures and of external services. */

import type { Catalogue } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";

/** Duplicate hosts of exposures, and of external groups. */
export function checkHosts(catalogue: Catalogue): Problem[] {
    return [...exposedHosts(catalogue), ...externalHosts(catalogue)];
}

/** A host belongs to one exposure, also across gateways, which share the stack's domain. */
function exposedHosts(catalogue: Catalogue): Problem[] {
    const first = new Map<string, string>();
    const problems: Problem[] = [];
    for (const { exposure, where, at } of exposureSites(catalogue)) {
        const { host } = exposure;
        const other = first.get(host);
        if (other === undefined) {
            first.set(host, at);
            continue;
        }
        problems.push({
            rule: "duplicate-host",
            where,
            message: `${other} and ${at} both have the host ${host}`,
            remedy: "Choose a different host for one of them.",
        });
    }
    return problems;
}

function externalHosts(catalogue: Catalogue): Problem[] {
    const first = new Map<string, string>();
    const groups = new Map<string, string>();
    return sortedEntries(catalogue.external).flatMap(([group, { hosts }]) => {
        const problems: Problem[] = [];
        for (const [index, { host, port }] of hosts.entries()) {
            const at = `external.${group}.hosts[${index}]`;
            const other = first.get(`${host}:${port}`);
            const owner = groups.get(host) ?? group;
            groups.set(host, owner);
            if (other === undefined && owner !== group) {
                problems.push({
                    rule: "shared-external-host",
                    where: `${at} → ${host}`,
                    message: `the external groups ${owner} and ${group} both list ${host}`,
                    remedy: "List all its ports in one group, because a host has one circuit breaker.",
                });
            }
            if (other === undefined) first.set(`${host}:${port}`, at);
            else {
                problems.push({
                    rule: "duplicate-external-host",
                    where: `${at} → ${host}`,
                    message: `${other} and ${at} both define ${host}:${port}`,
                    remedy: "List it in one group only, because it has one circuit breaker.",
                });
            }
        }
        return problems;
    });
}
