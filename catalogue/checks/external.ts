/** External services. `checks/hosts.ts` checks the names of their hosts. */

import type { Catalogue, ExternalGroup } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";
import { PROXY_PORTS, isProxyPort } from "../reserved-ports";

/**
 * AWS's names for managed databases, caches and brokers, with the region before the service (RDS, Redshift Serverless) or
 * after it (MSK, MemoryDB). They resolve to private addresses unless the resource is public ("Working with a DB instance in a
 * VPC", RDS user guide, and its equivalents). The APIs of the services have no label before it: rds.us-east-1.amazonaws.com.
 */
const MANAGED: readonly RegExp[] = [
    /\.(cache|docdb|kafka|kafka-serverless|memorydb|mq|neptune|rds|redshift|redshift-serverless)(\.[a-z0-9-]+)?\.(amazonaws\.com(\.cn)?|on\.aws)$/,
    /^vpc-.+\.(es|aos)(\.[a-z0-9-]+)?\.(amazonaws\.com(\.cn)?|on\.aws)$/,
];

/** Impossible TLS origination, reserved ports, and AWS's managed services without a network. */
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
                message: `${host} is a managed AWS service, which usually has a private address, but the egress gateway can reach public addresses only`,
                remedy: `Set external.${name}.network to a key of the stack's egress.networks, or to "internet" if the address is public.`,
            });
        }
        if (isProxyPort(port)) {
            problems.push({
                rule: "reserved-port",
                where,
                message: `${host} has the port ${port}, but Istio's proxies use ${PROXY_PORTS.first} to ${PROXY_PORTS.last}`,
                remedy: "Use another port of the host: the egress gateway cannot serve this one.",
            });
        }
        if (tls !== "originate") return problems;
        if (protocol !== "https") {
            problems.push({
                rule: "originate-not-https",
                where,
                message: `${host} has tls: "originate", but its protocol is ${protocol}`,
                remedy: 'Set tls: "passthrough" and let the caller originate TLS, or set protocol: "https".',
            });
        }
        const other = originated.get(host);
        if (other !== undefined) {
            problems.push({
                rule: "originated-twice",
                where,
                message: `callers reach ${host} on port 80, which cannot lead to both ${other} and ${port}`,
                remedy: 'Set tls: "originate" for one of its ports only.',
            });
        }
        originated.set(host, port);
        return problems;
    });
}
