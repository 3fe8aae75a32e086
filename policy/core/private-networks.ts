/** Private networks as destinations of pods in the mesh. A stack can list the allowed ones. */
import { expiryNote, exceptionList, anyInForce } from "./exceptions";
import { hasAddress, parseNetwork } from "./networks";
import { type Violation, type PropertySchema } from "./rule";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

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
            "pods in meshed namespaces may only reach private networks that are listed in `privateNetworks`",
    },
    privateNetworks: exceptionList(
        "private networks that a NetworkPolicy of a meshed namespace may allow as destinations",
        {
            namespace: { type: "string" },
            name: { type: "string", description: "name of the NetworkPolicy" },
            cidrs: {
                type: "array",
                items: { type: "string" },
                description: "CIDRs; the policy may allow any part of them",
            },
            ports: { type: "array", items: { type: "integer" } },
        },
    ),
};

/** Yields a violation if a private network is a destination and not listed, where only listed ones are allowed. */
export function* unlistedNetwork(
    stack: StackResources,
    subject: Subject,
    { path, cidr, ports }: { path: string; cidr: string; ports: readonly (number | string)[] },
    { listedNetworksOnly, privateNetworks }: WithPrivateNetworks,
): Iterable<Violation> {
    if (!listedNetworksOnly || !stack.isMeshed(subject.namespace)) return;
    const listedNetworks = privateNetworks.filter(
        ({ namespace, name, cidrs }) =>
            namespace === subject.namespace &&
            name === subject.name &&
            cidrs.some((listed) => isPartOf(listed, cidr)),
    );
    const unlisted = ports.filter(
        (port) => !anyInForce(listedNetworks.filter((one) => one.ports.includes(Number(port)))),
    );
    if (unlisted.length === 0) return;
    yield {
        subject,
        problem: `${path} allows egress to the private network ${cidr} on port ${unlisted.join(", ")}, which is not listed in privateNetworks${expiryNote(listedNetworks)}`,
        fix: "remove it. If the destination is intended, add the network to `privateNetworks` with a reason and an end date.",
    };
}

/** Whether `container` contains all of `cidr`. */
function isPartOf(container: string, cidr: string): boolean {
    const [outer, inner] = [parseNetwork(container), parseNetwork(cidr)];
    return (
        outer !== undefined &&
        inner !== undefined &&
        inner.bits >= outer.bits &&
        hasAddress(container, inner.address)
    );
}
