import type { Catalogue } from "../../catalogue/model";
import type { OutsideHost } from "../../local";

/** A host that is outside and that no catalogue lists: nobody may reach it. */
export const UNLISTED: OutsideHost = { host: "unlisted.mesh-verify.example", port: 443, protocol: "https" };

/** What the node must play of the world outside: all external hosts of the catalogue, and one that is not in it. */
export function outsideOf({ external }: Catalogue): OutsideHost[] {
    const listed = Object.values(external).flatMap(({ hosts }) =>
        hosts.map(({ host, port, protocol }) => ({ host, port, protocol })),
    );
    return [...listed, UNLISTED];
}
