/** Reviewed wildcard hosts whose whole domain belongs to one party. */
import { exceptionList, anyInForce } from "./exceptions";
import { type PropertySchema } from "./rule";

interface Wildcard {
    /** `*.tenants.example.com`: at least two labels, so that a top-level domain cannot be listed. */
    readonly host: string;
    readonly reason: string;
    readonly until: string;
}

export interface WithWildcards {
    readonly wildcards: readonly Wildcard[];
}

export const WILDCARDS_SCHEMA: PropertySchema = exceptionList(
    "wildcard hosts whose whole domain belongs to one party, such as a domain for tenants",
    { host: { type: "string", pattern: "^\\*\\.[^.*]+(\\.[^.*]+)+$" } },
);

export function isListedWildcard({ wildcards }: WithWildcards, host: string): boolean {
    return anyInForce(wildcards.filter((entry) => entry.host.toLowerCase() === host.toLowerCase()));
}
