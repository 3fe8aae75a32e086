/** Why a declared external host is denied at the address that a query names. */
import type { Catalogue } from "../../../catalogue/model";
import { INTERNET } from "../../../config/egress";
import { type Question, evaluate } from "../evaluate/evaluate";
import type { World } from "../world/world";
import { externalGroupsFor } from "./edge";

/**
 * What to change where the host's address alone is denied: the same query without an address is allowed, so the objects follow the
 * catalogue. Undefined in all other cases.
 */
export function addressRemedy(world: World, catalogue: Catalogue, question: Question): string | undefined {
    const { source, target } = question;
    if (source.kind !== "workload" || target.kind !== "outside") return undefined;
    const { address, ...anywhere } = target.outside;
    const [edge] = externalGroupsFor(catalogue, source.workload.name, target.outside);
    if (address === undefined || edge === undefined) return undefined;
    if (!evaluate(world, { ...question, target: { kind: "outside", outside: anywhere } }).allowed)
        return undefined;
    const { group, groupName } = edge;
    const { network = INTERNET } = group;
    return network === INTERNET
        ? `${address} is not an address of the Internet, where external.${groupName} is. If the host has this address, set ` +
              `external.${groupName}.network to a key of the stack's egress.networks, and add a range there that contains it.`
        : `${address} is in no range of egress.networks.${network}, the network of external.${groupName}. If the host has this ` +
              `address, add its subnet to egress.networks.${network} in Pulumi.<stack>.yaml.`;
}
