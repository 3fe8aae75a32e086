/** Wildcard hosts that a reviewer has listed: their whole domain is one party's own. */
import { EXCEPTION_FIELDS, holds } from "./exceptions";
import { type PropertySchema } from "./rule";

interface Wildcard {
    /** `*.tenants.example.com`: two labels at least, so that nobody lists a top-level domain. */
    readonly host: string;
    readonly reason: string;
    readonly until: string;
}

export interface WithWildcards {
    readonly wildcards: readonly Wildcard[];
}

export const WILDCARDS_SCHEMA: PropertySchema = {
    type: "array",
    description: "wildcard hosts whose whole domain is one party's own, such as that of its tenants",
    items: {
        type: "object",
        additionalProperties: false,
        required: ["host", "reason", "until"],
        properties: {
            host: { type: "string", pattern: "^\\*\\.[^.*]+(\\.[^.*]+)+$" },
            ...EXCEPTION_FIELDS,
        },
    },
};

export function isListedWildcard({ wildcards }: WithWildcards, host: string): boolean {
    return holds(wildcards.filter((entry) => entry.host.toLowerCase() === host.toLowerCase()));
}
