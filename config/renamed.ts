/** Configuration keys and values of earlier releases, so that an old stack file gets an error that names the new one. */

/** Old key → new key, in the same map. `*` in a path stands for any one key. */
export const RENAMED_KEYS: Readonly<Record<string, string>> = {
    "certificates.gateways.days": "durationDays",
    "certificates.mesh.intermediate.days": "durationDays",
    "certificates.mesh.signing": "signingRoot",
    "certificates.mesh.trust": "trustedRoots",
    "cluster.account": "accountId",
    "cluster.api.networks": "allowedCidrs",
    "cluster.bootstrapAdmin": "bootstrapClusterCreatorAdminPermissions",
    "cluster.dns.names": "allowedDomains",
    "cluster.logDays": "logRetentionDays",
    "cluster.nat": "natGateways",
    "cluster.network": "vpcCidr",
    "cluster.networkPolicies": "networkPolicyEnforcingMode",
    "cluster.pools.*.maximum": "maxSize",
    "cluster.pools.*.minimum": "minSize",
    "cluster.serviceRoles": "podIdentityRoles",
    "delivery.failures": "threshold",
    "edge.adminNetworks": "adminCidrs",
    "edge.keySetNetworks": "jwksCidrs",
    "egress.authority": "caSecret",
    "egress.privateRanges": "excludedCidrs",
    "gateways.service": "serviceType",
    "network.apiServer": "apiServerCidrs",
    "network.loadBalancers": "loadBalancerCidrs",
    "network.nodes": "nodeCidrs",
    "network.pods": "podCidrs",
    "network.services": "serviceCidrs",
    "telemetry.tracing.collector.calls": "egressHosts",
    "telemetry.tracing.collector.spans": "maxSpans",
    "telemetry.tracing.tenants": "samplingPercentByTenant",
    "traffic.services.*.fault.abort.status": "httpStatus",
    "traffic.services.*.fault.delay.time": "fixedDelay",
};

/** Old value → new value, by key. */
const RENAMED_VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "cluster.natGateways": { one: "single", "each-zone": "per-zone" },
    "observability.prometheus.from": { nowhere: "none" },
    "telemetry.tracing.collector.from": { nowhere: "none" },
};

/** "<key> was renamed to <new key>", or undefined if no release had a key at `path` that is gone now. */
export function renamedKey(path: readonly string[]): string | undefined {
    const name = Object.entries(RENAMED_KEYS).find(([old]) => matches(old, path))?.[1];
    return name && `${path.join(".")} was renamed to ${[...path.slice(0, -1), name].join(".")}`;
}

/** "<key>: <value> was renamed to <new value>", or undefined if no release had that value. */
export function renamedValue(path: readonly string[], value: unknown): string | undefined {
    const key = path.join(".");
    const name = typeof value === "string" ? RENAMED_VALUES[key]?.[value] : undefined;
    return name && `${key}: ${String(value)} was renamed to ${name}`;
}

function matches(pattern: string, path: readonly string[]): boolean {
    const parts = pattern.split(".");
    return parts.length === path.length && parts.every((part, index) => part === "*" || part === path[index]);
}
