/** Host names: those under which services are reachable, and those that services reach outside. */

import type { Catalogue } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Malformed and duplicate hosts of exposures; wildcards, malformed and duplicate hosts outside. */
export function checkHosts(catalogue: Catalogue): Problem[] {
    return [...exposedHosts(catalogue), ...externalHosts(catalogue)];
}

/** One host, one service: also across gateways, whose names are under one domain. */
function exposedHosts(catalogue: Catalogue): Problem[] {
    const first = new Map<string, string>();
    const problems: Problem[] = [];
    for (const { name, exposure, where, at } of exposureSites(catalogue)) {
        const { host } = exposure;
        if (!LABEL.test(host)) {
            problems.push({
                rule: "malformed-host",
                where,
                message: `${name} is exposed at "${host}", which is not one label of a host name`,
                remedy: "Write the one label that stands before the stack's domain, in lower case.",
            });
        }
        const other = first.get(host);
        if (other === undefined) {
            first.set(host, at);
            continue;
        }
        problems.push({
            rule: "duplicate-host",
            where,
            message: `${other} and ${at} both have the host ${host}`,
            remedy: "Give each a host of its own.",
        });
    }
    return problems;
}

function externalHosts(catalogue: Catalogue): Problem[] {
    const first = new Map<string, string>();
    const groups = new Map<string, string>();
    return sortedEntries(catalogue.external).flatMap(([group, { hosts }]) => {
        const problems: Problem[] = [];
        if (hosts.length === 0) {
            problems.push({
                rule: "no-hosts",
                where: `external.${group}`,
                message: `the external group ${group} has no host`,
                remedy: "List its hosts, or remove the group.",
            });
        }
        for (const [index, { host, port }] of hosts.entries()) {
            const at = `external.${group}.hosts[${index}]`;
            problems.push(...externalHost(host, port, group, `${at} → ${host}`));
            const other = first.get(`${host}:${port}`);
            const owner = groups.get(host) ?? group;
            groups.set(host, owner);
            if (other === undefined && owner !== group) {
                problems.push({
                    rule: "shared-external-host",
                    where: `${at} → ${host}`,
                    message: `the external groups ${owner} and ${group} both list ${host}`,
                    remedy: "Keep all its ports in one group: the host has one circuit breaker.",
                });
            }
            if (other === undefined) first.set(`${host}:${port}`, at);
            else {
                problems.push({
                    rule: "duplicate-external-host",
                    where: `${at} → ${host}`,
                    message: `${other} and ${at} are both ${host}:${port}`,
                    remedy: "Keep it in one group: its circuit breaker counts for that group.",
                });
            }
        }
        return problems;
    });
}

function externalHost(host: string, port: number, group: string, where: string): Problem[] {
    const problems: Problem[] = [];
    if (host.includes("*")) {
        problems.push({
            rule: "wildcard-host",
            where,
            message: `the external group ${group} lists ${host}, which stands for hosts that nobody reviewed`,
            remedy: "List each host literally.",
        });
    } else if (!isHostName(host)) {
        problems.push({
            rule: "malformed-host",
            where,
            message: `the external group ${group} lists "${host}", which is no host name`,
            remedy: "Write a full DNS name in lower case, such as api.example.com.",
        });
    }
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
        problems.push({
            rule: "port-number",
            where,
            message: `the external group ${group} lists ${host} with the port ${port}, which is no port number`,
            remedy: "Use a whole number from 1 to 65535.",
        });
    }
    return problems;
}

/** At least two labels, the last no number: that would be an address. */
function isHostName(host: string): boolean {
    const labels = host.split(".");
    return (
        host.length <= 253 &&
        labels.length > 1 &&
        labels.every((label) => LABEL.test(label)) &&
        !/^\d+$/.test(labels.at(-1) ?? "")
    );
}
