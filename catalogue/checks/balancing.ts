/** How a service's replicas share what they are asked. */

import type { Catalogue, LoadBalancing, Service } from "../model";
import { unnamed } from "../path-template";
import { isPath } from "../requests";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";

/** What the key's segment is called. */
const KEY = "key";

/** Keys that the mesh cannot read, or that stand nowhere in a path. */
export function checkBalancing(catalogue: Catalogue): Problem[] {
    return sortedEntries<Service>(catalogue.services).flatMap(([name, service]) =>
        service.loadBalancing === undefined ? [] : balancing(name, service, service.loadBalancing),
    );
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
    if (path !== undefined && !isKeyPath(path)) {
        problems.push({
            rule: "balancing-key",
            where: `${where}.path`,
            message: `"${path}" does not say where in a path the key stands`,
            remedy: `Write a path of literal segments, {*}, exactly one {${KEY}} and at most one {**} at its end: /hls/{*}/{${KEY}}/{**}.`,
        });
    }
    return problems;
}

function isKeyPath(path: string): boolean {
    const plain = unnamed(path, KEY);
    return plain !== undefined && isPath(plain);
}
