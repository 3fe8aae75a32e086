/** Why a declared external host is denied at the address that a query names. */
import type { Catalogue } from "../../../catalogue/model";
import { INTERNET } from "../../../config/egress";
import { type AccessQuery, evaluate } from "../../lib/evaluate/evaluate";
import type { MeshSnapshot } from "../../lib/snapshot/snapshot";
import { externalGroupsFor } from "./edge";

/**
 * What to change where the host's address alone is denied: the same query without an address is allowed, so the objects follow the
 * catalogue. Undefined in all other cases.
 */
export function addressRemedy(
    snapshot: MeshSnapshot,
    catalogue: Catalogue,
    query: AccessQuery,
): string | undefined {
    const { source, target } = query;
    if (source.kind !== "workload" || target.kind !== "external") return undefined;
    const { address, ...anywhere } = target.external;
    const [edge] = externalGroupsFor(catalogue, source.workload.name, target.external);
    if (address === undefined || edge === undefined) return undefined;
    if (!evaluate(snapshot, { ...query, target: { kind: "external", external: anywhere } }).allowed)
        return undefined;
    const { group, groupName } = edge;
    const { network = INTERNET } = group;
    return network === INTERNET
        ? `${address} is not a public address, but external.${groupName} is on the Internet. If the host has this address, set ` +
              `external.${groupName}.network to a key of the stack's egress.networks, and add a range there that contains it.`
        : `${address} is outside the ranges of egress.networks.${network}, the network of external.${groupName}. If the host has this ` +
              `address, add its subnet to egress.networks.${network} in Pulumi.<stack>.yaml.`;
}
