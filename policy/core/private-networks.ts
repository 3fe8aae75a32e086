/** Private networks as destinations of meshed pods, where a stack lists those that it means. */
import { ended, EXCEPTION_FIELDS, holds } from "./exceptions";
import { hasAddress, parseNetwork } from "./networks";
import { type Finding, type PropertySchema } from "./rule";
import { type Subject } from "./subject";
import { type World } from "./world";

interface PrivateNetwork {
    readonly namespace: string;
    readonly name: string;
    readonly cidrs: readonly string[];
    readonly ports: readonly number[];
    readonly reason: string;
    readonly until: string;
}

export interface WithPrivateNetworks {
    readonly listedNetworksOnly: boolean;
    readonly privateNetworks: readonly PrivateNetwork[];
}

export const NO_PRIVATE_NETWORKS: WithPrivateNetworks = { listedNetworksOnly: false, privateNetworks: [] };

export const PRIVATE_NETWORKS_SCHEMA: Readonly<Record<keyof WithPrivateNetworks, PropertySchema>> = {
    listedNetworksOnly: {
        type: "boolean",
        description:
            "pods of meshed namespaces reach no private network that `privateNetworks` does not list",
    },
    privateNetworks: {
        type: "array",
        description: "private networks that a NetworkPolicy of a meshed namespace may open as destinations",
        items: {
            type: "object",
            additionalProperties: false,
            required: ["namespace", "name", "cidrs", "ports", "reason", "until"],
            properties: {
                namespace: { type: "string" },
                name: { type: "string", description: "of the NetworkPolicy" },
                cidrs: {
                    type: "array",
                    items: { type: "string" },
                    description: "any part of one may be opened",
                },
                ports: { type: "array", items: { type: "integer" } },
                ...EXCEPTION_FIELDS,
            },
        },
    },
};

/** A private network as a destination, where only listed ones may be. */
export function* unlistedNetwork(
    world: World,
    subject: Subject,
    { path, cidr, ports }: { path: string; cidr: string; ports: readonly (number | string)[] },
    { listedNetworksOnly, privateNetworks }: WithPrivateNetworks,
): Iterable<Finding> {
    if (!listedNetworksOnly || !world.isMeshed(subject.namespace)) return;
    const own = privateNetworks.filter(
        ({ namespace, name, cidrs }) =>
            namespace === subject.namespace &&
            name === subject.name &&
            cidrs.some((listed) => isPartOf(listed, cidr)),
    );
    const unlisted = ports.filter((port) => !holds(own.filter((one) => one.ports.includes(Number(port)))));
    if (unlisted.length === 0) return;
    yield {
        subject,
        wrong: `${path} is the private network ${cidr} at port ${unlisted.join(", ")}, which is not listed${ended(own)}`,
        fix: "remove it; if the network is meant, list it under `privateNetworks` with a reason and an end date.",
    };
}

/** Whether the whole of `cidr` is in `container`. */
function isPartOf(container: string, cidr: string): boolean {
    const [outer, inner] = [parseNetwork(container), parseNetwork(cidr)];
    return (
        outer !== undefined &&
        inner !== undefined &&
        inner.bits >= outer.bits &&
        hasAddress(container, inner.address)
    );
}
