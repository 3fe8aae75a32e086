/** Ports on which the replicas of a service call each other. */

import type { Catalogue } from "../model";
import { getOwn, sortedEntries } from "../order";
import { peersName } from "../query";
import { didYouMean, list, type Problem, repeated } from "./problem";

/** Unknown ports, ports that are not TCP, repeated ports, and names that collide with the Service for peers. */
export function checkPeers(catalogue: Catalogue): Problem[] {
    return sortedEntries(catalogue.services).flatMap(([name, { ports, peers = [] }]) => [
        ...peers.flatMap((portName, index) => portProblems(name, ports, portName, `${name}.peers[${index}]`)),
        ...repeated(peers).map((portName) => ({
            rule: "repeated-reference",
            where: `${name}.peers`,
            message: `the replicas of ${name} call each other on the port ${portName} twice`,
            remedy: "Remove the duplicate.",
        })),
        ...(peers.length > 0 ? collisions(catalogue, name) : []),
    ]);
}

function portProblems(
    name: string,
    ports: Catalogue["services"][string]["ports"],
    portName: string,
    where: string,
): Problem[] {
    const port = getOwn(ports, portName);
    const tcp = sortedEntries(ports).flatMap(([other, { protocol }]) => (protocol === "tcp" ? [other] : []));
    const known = tcp.length === 0 ? `${name} has no TCP port.` : `Use ${list(tcp, "or")}.`;
    if (port === undefined)
        return [
            {
                rule: "unknown-port",
                where,
                message: `the replicas of ${name} call each other on the unknown port ${portName}`,
                remedy: didYouMean(portName, tcp, known),
            },
        ];
    if (port.protocol === "tcp") return [];
    return [
        {
            rule: "wrong-protocol",
            where,
            message: `the replicas of ${name} call each other on the port ${portName}, which is not a TCP port`,
            remedy: `Declare a TCP port for the replicas, whatever they speak on it: the mesh does not see their requests. ${known}`,
        },
    ];
}

function collisions(catalogue: Catalogue, name: string): Problem[] {
    const other = peersName(name);
    if (getOwn(catalogue.services, other) === undefined) return [];
    return [
        {
            rule: "name-collision",
            where: other,
            message: `the service ${other} has the name of the Service at which the replicas of ${name} call each other`,
            remedy: "Rename it.",
        },
    ];
}
