import { run } from "../process";
import { settings } from "./settings";

/** The cable between host and node: a subnet of four addresses. */
export interface Subnet {
    readonly cidr: string;
    readonly host: string;
    readonly node: string;
}

/** Where the cable may run; the first that nothing on the host uses is taken. */
export const subnets: readonly Subnet[] = [
    "10.254.77",
    "10.254.78",
    "172.31.254",
    "192.168.254",
    "100.127.254",
].map((prefix) => ({ cidr: `${prefix}.0/30`, host: `${prefix}.1`, node: `${prefix}.2` }));

/** A destination that the host has a route for, and through which interface. */
export interface Route {
    readonly destination: string;
    readonly interface: string;
}

/** All routes of the host's, IPv4, in every table. */
export async function hostRoutes(): Promise<Route[]> {
    const routes = JSON.parse(await run("ip", ["-json", "-4", "route", "show", "table", "all"])) as {
        dst: string;
        dev?: string;
    }[];
    return routes.map((route) => ({ destination: route.dst, interface: route.dev ?? "" }));
}

/** The first subnet that no route of another interface's touches, if there is one. */
export function freeSubnet(routes: readonly Route[], candidates = subnets): Subnet | undefined {
    const others = routes.filter(
        (route) => route.destination !== "default" && route.interface !== settings.hostInterface,
    );
    return candidates.find((subnet) => !others.some((route) => overlap(subnet.cidr, route.destination)));
}

/** Whether two IPv4 networks share an address. A destination without a length is one address. */
export function overlap(a: string, b: string): boolean {
    const [first, second] = [parseCidr(a), parseCidr(b)];
    const length = Math.min(first.length, second.length);
    // Shifting by 32 shifts by 0 in JavaScript.
    const prefix = (address: number): number => (length === 0 ? 0 : address >>> (32 - length));
    return prefix(first.address) === prefix(second.address);
}

/**
 * Lays the cable between the host and the network namespace of the process `anchor`, unless it lies
 * already. Both ends vanish with that namespace.
 */
export async function ensureCable(anchor: number, subnet: Subnet): Promise<void> {
    const { hostInterface, nodeInterface, serviceSubnet } = settings;
    const inside = (...args: string[]): Promise<string> =>
        run("nsenter", ["--target", String(anchor), "--net", "ip", ...args]);
    if (await lies(inside, subnet)) return;
    await removeCable();
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
    // A connection of the node's to a service needs a route before its address is rewritten to a pod's.
    // There is no other route: the node cannot reach beyond the host.
    await inside("route", "add", serviceSubnet, "dev", nodeInterface);
}

/** Makes every address of the world outside one that the node itself answers at. */
export async function ensureOutside(anchor: number): Promise<void> {
    const route = ["route", "replace", "local", settings.outsideSubnet, "dev", "lo"];
    await run("nsenter", ["--target", String(anchor), "--net", "ip", ...route]);
}

/** Removes the host's end, and with it the other. */
export async function removeCable(): Promise<boolean> {
    if (!(await cableExists())) return false;
    await run("ip", ["link", "delete", settings.hostInterface]).catch(async (error: unknown) => {
        // The kernel may have been quicker.
        if (await cableExists()) throw error;
    });
    return true;
}

/** Whether the host's end exists. */
export async function cableExists(): Promise<boolean> {
    const links = JSON.parse(await run("ip", ["-json", "link", "show"])) as { ifname: string }[];
    return links.some((link) => link.ifname === settings.hostInterface);
}

/** The route to the services is set last, so where it is, everything is. */
async function lies(inside: (...args: string[]) => Promise<string>, subnet: Subnet): Promise<boolean> {
    if (!(await cableExists())) return false;
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
