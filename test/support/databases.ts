/** The platform with managed databases in private networks. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { loadStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";

const ROOT = join(__dirname, "..", "..");
export const RDS = "billing.abc123.eu-central-1.rds.amazonaws.com";
const CACHE = "sessions.abc123.0001.euc1.cache.amazonaws.com";

/** The platform with billing's database in the VPC. */
export function platformWithBillingDatabase(): Catalogue {
    const { billing } = platform.services;
    assert.ok(billing !== undefined);
    return {
        ...platform,
        external: {
            ...platform.external,
            rds: {
                summary: "Billing's database.",
                network: "databases",
                hosts: [{ host: RDS, port: 5432, protocol: "tcp" }],
            },
        },
        services: {
            ...platform.services,
            billing: { ...billing, external: [...(billing.external ?? []), "rds"] },
        },
    };
}

/** The same, with auth's cache in the VPC, and a public database of analytics on the port of billing's. */
export function platformWithDatabases(): Catalogue {
    const catalogue = platformWithBillingDatabase();
    const { auth, analytics } = catalogue.services;
    assert.ok(auth !== undefined && analytics !== undefined);
    return {
        ...catalogue,
        external: {
            ...catalogue.external,
            sessions: {
                summary: "Sessions.",
                network: "caches",
                hosts: [{ host: CACHE, port: 6379, protocol: "tls" }],
            },
            warehouse: {
                summary: "A public database.",
                hosts: [{ host: "warehouse.example.net", port: 5432, protocol: "tcp" }],
            },
        },
        services: {
            ...catalogue.services,
            auth: { ...auth, external: [...(auth.external ?? []), "sessions"] },
            analytics: { ...analytics, external: [...(analytics.external ?? []), "warehouse"] },
        },
    };
}

/** Their CIDR ranges, for `egress.networks`. */
export const NETWORKS = { databases: ["10.96.128.0/24", "10.96.129.0/24"], caches: ["10.96.130.0/26"] };

/** Prod with these networks. */
export function prodWith(networks: Readonly<Record<string, string[]>> = NETWORKS): MeshConfig {
    const prod = loadStackFile("prod", ROOT);
    return { ...prod, egress: { ...prod.egress, networks } };
}
