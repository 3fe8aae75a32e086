/** Configuration keys and values of earlier releases, so that an old stack file gets an error that names the new one. */

/** New names of keys by old name. An entry applies to every object that has the new key, as in the catalogue. */
const RENAMED_KEYS: Readonly<Record<string, string>> = {
    account: "accountId",
    adminNetworks: "adminCidrs",
    apiServer: "apiServerCidrs",
    authority: "caSecret",
    bootstrapAdmin: "bootstrapClusterCreatorAdminPermissions",
    calls: "egressHosts",
    days: "durationDays",
    failures: "threshold",
    keySetNetworks: "jwksCidrs",
    loadBalancers: "loadBalancerCidrs",
    logDays: "logRetentionDays",
    maximum: "maxSize",
    minimum: "minSize",
    names: "allowedDomains",
    nat: "natGateways",
    network: "vpcCidr",
    networkPolicies: "networkPolicyEnforcingMode",
    networks: "allowedCidrs",
    nodes: "nodeCidrs",
    pods: "podCidrs",
    privateRanges: "excludedCidrs",
    service: "serviceType",
    serviceRoles: "podIdentityRoles",
    services: "serviceCidrs",
    signing: "signingRoot",
    spans: "maxSpans",
    status: "httpStatus",
    tenants: "samplingPercentByTenant",
    time: "fixedDelay",
    trust: "trustedRoots",
};

/** Old value → new value, by key. */
const RENAMED_VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "cluster.natGateways": { one: "single", "each-zone": "per-zone" },
    "observability.prometheus.from": { nowhere: "none" },
    "telemetry.tracing.collector.from": { nowhere: "none" },
};

/** The new name of a renamed key; undefined if `key` is not an old name of one of the `known` keys. */
export function renamedTo(key: string, known: readonly string[]): string | undefined {
    const newName = Object.hasOwn(RENAMED_KEYS, key) ? RENAMED_KEYS[key] : undefined;
    return newName !== undefined && known.includes(newName) ? newName : undefined;
}

/** "<key>: <value> was renamed to <new value>", or undefined if no release had that value. */
export function renamedValue(path: readonly string[], value: unknown): string | undefined {
    const key = path.join(".");
    const name = typeof value === "string" ? RENAMED_VALUES[key]?.[value] : undefined;
    return name && `${key}: ${String(value)} was renamed to ${name}`;
}
