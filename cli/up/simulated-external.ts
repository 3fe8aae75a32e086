import type { Catalogue } from "../../catalogue/model";
import type { SimulatedHost } from "../../local";

/** An external host that no catalogue lists: no workload may reach it. */
export const UNLISTED_HOST: SimulatedHost = {
    host: "unlisted.mesh-verify.example",
    port: 443,
    protocol: "https",
};

/** The hosts that the embedded node simulates: all external hosts of the catalogue, and one that is not in it. */
export function simulatedHosts({ external }: Catalogue): SimulatedHost[] {
    const listed = Object.values(external).flatMap(({ hosts }) =>
        hosts.map(({ host, port, protocol }) => ({ host, port, protocol })),
    );
    return [...listed, UNLISTED_HOST];
}
