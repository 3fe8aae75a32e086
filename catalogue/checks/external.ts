/** How external services are called. Their hosts' names are checked with all hosts. */

import type { Catalogue, ExternalGroup } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";

/** Istio's proxies listen in this range, the egress gateway's on the ports of the hosts besides. */
const PROXY_PORTS = { first: 15000, last: 15999 };

/**
 * Names that AWS gives to managed databases, caches and brokers, with the region before the service (RDS, Redshift Serverless)
 * or after it (MSK, MemoryDB). They resolve to private addresses unless the resource is public ("Working with a DB instance in a
 * VPC", RDS user guide, and its equivalents). The services' own APIs have no label before the service: rds.us-east-1.amazonaws.com.
 */
const MANAGED: readonly RegExp[] = [
    /\.(cache|docdb|kafka|kafka-serverless|memorydb|mq|neptune|rds|redshift|redshift-serverless)(\.[a-z0-9-]+)?\.(amazonaws\.com(\.cn)?|on\.aws)$/,
    /^vpc-.+\.(es|aos)(\.[a-z0-9-]+)?\.(amazonaws\.com(\.cn)?|on\.aws)$/,
];

/** TLS that nobody can originate, ports that cannot be served, and managed hosts of which nobody says where they are. */
export function checkExternal(catalogue: Catalogue): Problem[] {
    return sortedEntries(catalogue.external).flatMap(([name, group]) => hostProblems(name, group));
}

function hostProblems(name: string, { hosts, network }: ExternalGroup): Problem[] {
    const originated = new Map<string, number>();
    return hosts.flatMap(({ host, port, protocol, tls }, index) => {
        const where = `external.${name}.hosts[${index}] → ${host}`;
        const problems: Problem[] = [];
        if (network === undefined && MANAGED.some((pattern) => pattern.test(host))) {
            problems.push({
                rule: "managed-network",
                where,
                message: `${host} is a managed service of AWS, whose address is usually private, and the egress gateway only reaches public ones unless told otherwise`,
                remedy: `Set external.${name}.network to a key of the stack's egress.networks, or to "internet" if the address is public.`,
            });
        }
        if (port >= PROXY_PORTS.first && port <= PROXY_PORTS.last) {
            problems.push({
                rule: "reserved-port",
                where,
                message: `${host} is asked on ${port}, and Istio's proxies themselves use ${PROXY_PORTS.first} to ${PROXY_PORTS.last}`,
                remedy: "Ask it on another port: the egress gateway cannot serve this one.",
            });
        }
        if (tls !== "originate") return problems;
        if (protocol !== "https") {
            problems.push({
                rule: "originate-not-https",
                where,
                message: `the egress gateway is to speak TLS with ${host}, whose protocol is ${protocol}`,
                remedy: 'Let the caller speak it (tls: "passthrough"), or say protocol: "https".',
            });
        }
        const other = originated.get(host);
        if (other !== undefined) {
            problems.push({
                rule: "originated-twice",
                where,
                message: `callers ask ${host} on port 80, which cannot lead to both ${other} and ${port}`,
                remedy: "Let the gateway speak TLS with one of its ports only.",
            });
        }
        originated.set(host, port);
        return problems;
    });
}
