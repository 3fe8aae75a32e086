import { stringify } from "yaml";
import type { Plan, Rate } from "../../../catalogue/model";

/** The rate limit domain of the gateways' descriptors. */
export const DOMAIN = "edge";
/** The descriptors' keys. */
export const KEYS = { plan: "plan", tenant: "tenant", client: "client" } as const;

/** The plan for tokens without a plan, or with an unknown one. */
const DEFAULT = "default";

interface Descriptor {
    readonly key: string;
    readonly value?: string;
    readonly rate_limit?: { readonly unit: string; readonly requests_per_unit: number };
    readonly descriptors?: readonly Descriptor[];
}

/** The rate limit service's configuration file. */
export function rules(plans: Readonly<Record<string, Plan>>): string {
    const standard = plans[DEFAULT];
    const named = Object.entries(plans)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([value, plan]): Descriptor => ({ key: KEYS.plan, value, descriptors: limitsOf(plan) }));
    const others: Descriptor[] =
        standard === undefined
            ? []
            : [{ key: KEYS.plan, descriptors: limitsOf(standard) }, ...limitsOf(standard)];
    return stringify({ domain: DOMAIN, descriptors: [...named, ...others] });
}

/** A tenant's limit, and that of each of its clients; the latter also applies to tokens without a tenant. */
function limitsOf({ tenant, client }: Plan): Descriptor[] {
    const ofClient: Descriptor = { key: KEYS.client, rate_limit: limit(client) };
    return [{ key: KEYS.tenant, rate_limit: limit(tenant), descriptors: [ofClient] }, ofClient];
}

function limit({ requests, per }: Rate): { unit: string; requests_per_unit: number } {
    return { unit: per, requests_per_unit: requests };
}
