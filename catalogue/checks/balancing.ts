/** How a service's replicas share what they are asked. */

import type { Catalogue, LoadBalancing, Service } from "../model";
import { isPath } from "../requests";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";

const HEADER = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const KEY = "{key}";

/** Concurrency that is no number of requests, and keys that are none. */
export function checkBalancing(catalogue: Catalogue): Problem[] {
    return sortedEntries<Service>(catalogue.services).flatMap(([name, service]) => [
        ...concurrency(name, service),
        ...(service.loadBalancing === undefined ? [] : balancing(name, service, service.loadBalancing)),
    ]);
}

function concurrency(name: string, { concurrency: requests = 1 }: Service): Problem[] {
    if (Number.isInteger(requests) && requests >= 1) return [];
    return [
        {
            rule: "concurrency",
            where: `${name}.concurrency`,
            message: `a replica of ${name} is to answer ${requests} requests at the same time`,
            remedy: "Use a whole number from 1.",
        },
    ];
}

function balancing(name: string, { ports }: Service, balanced: LoadBalancing): Problem[] {
    if (balanced.policy !== "consistent-hash") return [];
    const where = `${name}.loadBalancing`;
    const { header, path } = balanced;
    const problems: Problem[] = [];
    if (Object.values(ports).every(({ protocol }) => protocol === "tcp")) {
        problems.push({
            rule: "balancing-unreadable",
            where,
            message: `${name} is balanced by the header ${header}, but has TCP ports alone, on which the mesh sees no headers`,
            remedy: "Balance it round-robin.",
        });
    }
    if (!HEADER.test(header)) {
        problems.push({
            rule: "balancing-key",
            where: `${where}.header`,
            message: `"${header}" is no header's name in lower case`,
            remedy: "Name the header that holds the key, such as x-stream-id.",
        });
    }
    if (path !== undefined && !isKeyPath(path)) {
        problems.push({
            rule: "balancing-key",
            where: `${where}.path`,
            message: `"${path}" does not say where in a path the key stands`,
            remedy: `Write a path of literal segments, {*}, exactly one ${KEY} and at most one {**} at its end: /hls/{*}/${KEY}/{**}.`,
        });
    }
    return problems;
}

function isKeyPath(path: string): boolean {
    const keys = path.split("/").filter((segment) => segment === KEY);
    return keys.length === 1 && isPath(path.replace(KEY, "{*}"));
}
