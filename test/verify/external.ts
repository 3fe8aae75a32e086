/** Simulated external services for tests, and the gateway through which calls should reach them. */
import type { Catalogue } from "../../catalogue/model";
import type { SimulatedExternal } from "../../cli/verify";

/** The address of the egress gateway's only pod. */
export const GATEWAY_ADDRESS = "10.244.0.9";

export function simulatedExternal({ external }: Catalogue): SimulatedExternal {
    const hosts = Object.values(external).flatMap((group) => group.hosts.map(({ host }) => host));
    return {
        authority: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
        addresses: new Map(hosts.map((host, index) => [host, `198.18.0.${index + 1}`])),
        unlisted: { host: "unlisted.example", port: 443, protocol: "https" },
    };
}
