/** Load balancing among a service's replicas. */

import type { Catalogue, LoadBalancing, Service } from "../model";
import { withWildcardFor } from "../path-template";
import { isPath } from "../requests";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";

/** The name of the key's segment. */
const KEY = "key";

/** Hash keys that the mesh cannot read, and paths without a key. */
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
            message: `${name} is balanced by the header ${header}, but has only TCP ports, on which the mesh sees no headers`,
            remedy: 'Set loadBalancing.policy to "round-robin".',
        });
    }
    if (path !== undefined && !isKeyPath(path)) {
        problems.push({
            rule: "balancing-key",
            where: `${where}.path`,
            message: `"${path}" is not a path with one {${KEY}}`,
            remedy: `Write a path of literal segments, {*}, exactly one {${KEY}}, and optionally {**} at its end: /hls/{*}/{${KEY}}/{**}.`,
        });
    }
    return problems;
}

function isKeyPath(path: string): boolean {
    const template = withWildcardFor(path, KEY);
    return template !== undefined && isPath(template);
}
