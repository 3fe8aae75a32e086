/** Renamed fields, so that the error for an old name can point to the new one. */

/** New names by old name. An entry applies to every object that has the new field. */
const RENAMED: Readonly<Record<string, string>> = {
    breaker: "circuitBreaker",
    connections: "maxConnections",
    failures: "consecutive5xxErrors",
    keepsTenantData: "storesTenantData",
    limit: "rateLimit",
    pause: "baseEjectionTime",
    sans: "subjectAltNames",
    slowAfter: "latencyThreshold",
    steps: "stepWeights",
};

/** The new name of a renamed field; undefined if `key` is not an old name of one of the `known` fields. */
export function renamedTo(key: string, known: readonly string[]): string | undefined {
    const newName = Object.hasOwn(RENAMED, key) ? RENAMED[key] : undefined;
    return newName !== undefined && known.includes(newName) ? newName : undefined;
}
