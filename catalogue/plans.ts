import type { Plan } from "./model";

/** Rate limits for tenants, by the plan that their token names. */
export const plans = {
    default: {
        tenant: { requests: 600, per: "minute" },
        client: { requests: 120, per: "minute" },
    },
    standard: {
        tenant: { requests: 6_000, per: "minute" },
        client: { requests: 600, per: "minute" },
    },
    enterprise: {
        tenant: { requests: 60_000, per: "minute" },
        client: { requests: 3_000, per: "minute" },
    },
} satisfies Record<string, Plan>;
