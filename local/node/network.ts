import { run } from "../lib/process";
import { settings } from "./settings";

/** The subnet of the veth pair between host and node: four addresses. */
export interface Subnet {
    readonly cidr: string;
    readonly host: string;
    readonly node: string;
}

/** Candidate subnets; the first one without a route on the host is used. */
export const subnets: readonly Subnet[] = [
    "10.254.77",
    "10.254.78",
    "172.31.254",
    "192.168.254",
    "100.127.254",
].map((prefix) => ({ cidr: `${prefix}.0/30`, host: `${prefix}.1`, node: `${prefix}.2` }));

/** A route of the host. */
export interface Route {
    readonly destination: string;
    readonly interface: string;
}

/** All IPv4 routes of the host, in every table. */
export async function hostRoutes(): Promise<Route[]> {
    const routes = JSON.parse(await run("ip", ["-json", "-4", "route", "show", "table", "all"])) as {
        dst: string;
        dev?: string;
    }[];
    return routes.map((route) => ({ destination: route.dst, interface: route.dev ?? "" }));
}

/** The first subnet that does not overlap with a route of another interface; undefined if there is none. */
export function freeSubnet(routes: readonly Route[], candidates = subnets): Subnet | undefined {
    const others = routes.filter(
        (route) => route.destination !== "default" && route.interface !== settings.hostInterface,
    );
    return candidates.find((subnet) => !others.some((route) => overlap(subnet.cidr, route.destination)));
}

/** Whether two IPv4 networks overlap. A destination without a prefix length is one address. */
export function overlap(a: string, b: string): boolean {
    const [first, second] = [parseCidr(a), parseCidr(b)];
    const length = Math.min(first.length, second.length);
    // Shifting by 32 shifts by 0 in JavaScript.
    const prefix = (address: number): number => (length === 0 ? 0 : address >>> (32 - length));
    return prefix(first.address) === prefix(second.address);
}

/**
 * Creates the veth pair between the host and the network namespace of the process `anchor`, unless it exists. Both ends
 * disappear with that namespace.
 */
export async function ensureVethPair(anchor: number, subnet: Subnet): Promise<void> {
    const { hostInterface, nodeInterface, serviceSubnet } = settings;
    const inside = (...args: string[]): Promise<string> =>
        run("nsenter", ["--target", String(anchor), "--net", "ip", ...args]);
    if (await isComplete(inside, subnet)) return;
    await removeVethPair();
    await run("ip", [
        "link",
        "add",
        hostInterface,
        "type",
        "veth",
        "peer",
        nodeInterface,
        "netns",
        String(anchor),
    ]);
    await run("ip", ["address", "add", `${subnet.host}/30`, "dev", hostInterface]);
    await run("ip", ["link", "set", hostInterface, "up"]);
    await inside("address", "add", `${subnet.node}/30`, "dev", nodeInterface);
    await inside("link", "set", nodeInterface, "up");
    // A connection from the node to a Service needs a route before kube-proxy rewrites its address to a pod's.
    // There is no default route: the node cannot reach anything beyond the host.
    await inside("route", "add", serviceSubnet, "dev", nodeInterface);
}

/** Routes the addresses of the simulated external services to the node itself. */
export async function ensureSimulatedRoute(anchor: number): Promise<void> {
    const route = ["route", "replace", "local", settings.simulatedSubnet, "dev", "lo"];
    await run("nsenter", ["--target", String(anchor), "--net", "ip", ...route]);
}

/** Removes the host's end, and with it the node's. */
export async function removeVethPair(): Promise<boolean> {
    if (!(await vethPairExists())) return false;
    await run("ip", ["link", "delete", settings.hostInterface]).catch(async (error: unknown) => {
        // The kernel may have removed it in the meantime.
        if (await vethPairExists()) throw error;
    });
    return true;
}

/** Whether the host's end exists. */
export async function vethPairExists(): Promise<boolean> {
    const links = JSON.parse(await run("ip", ["-json", "link", "show"])) as { ifname: string }[];
    return links.some((link) => link.ifname === settings.hostInterface);
}

/** Checks the route to the Services too, which is set last. */
async function isComplete(inside: (...args: string[]) => Promise<string>, subnet: Subnet): Promise<boolean> {
    if (!(await vethPairExists())) return false;
    const host = await run("ip", ["-4", "address", "show", "dev", settings.hostInterface, "up"]);
    const node = await inside("-4", "address", "show");
    const routes = await inside("-4", "route", "show");
    return (
        host.includes(`inet ${subnet.host}/30`) &&
        node.includes(`inet ${subnet.node}/30`) &&
        routes.includes(settings.serviceSubnet)
    );
}

function parseCidr(text: string): { address: number; length: number } {
    const [address = "", length = "32"] = text.split("/");
    const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    return { address: value, length: Number(length) };
}
