/** What one would change in the catalogue for a service to reach a host outside. */
import { BlockList, isIPv4 } from "node:net";
import type { Catalogue, ExternalGroup } from "../../../catalogue/model";
import { POD_IDENTITY } from "../../../components/base/aws-clients";
import { POD_IDENTITY_HOST } from "../../../components/base/pod-identity";
import { INTERNET, PRIVATE_RANGES } from "../../../config/egress";
import type { Outside } from "../evaluate/model";
import { type Change, change, edit, text } from "./edit";

export function outsideChange(
    catalogue: Catalogue,
    caller: string,
    { host, port, address }: Outside,
): Change | string {
    if (host === POD_IDENTITY_HOST || POD_IDENTITY.cidr === `${address ?? ""}/32`)
        return change(
            catalogue,
            edit(catalogue, caller, (service) => ({ ...service, aws: { podIdentity: true } })),
            [{ where: `services.${caller}`, snippet: "aws: { podIdentity: true }" }],
        );
    if (isIPv4(host))
        return `Nothing: the catalogue lists hosts by name. Ask for the name, with --address ${host}.`;
    if (address !== undefined && contains(LINK_LOCAL, address))
        return `Nothing: ${address} is a link-local address, where the node itself answers. No network can list it.`;
    const isListed = ({ hosts }: Catalogue["external"][string]) =>
        hosts.some((one) => one.host === host && (one.port === port || one.tls === "originate"));
    const known = Object.entries(catalogue.external).find(([, one]) => isListed(one));
    const name = known?.[0] ?? host.split(".").at(-2) ?? host;
    const isPrivate = address !== undefined && PRIVATE_RANGES.some((range) => contains(range, address));
    const { network = INTERNET } = known?.[1] ?? {};
    // A listed network stays: the address is missing in it, or in it already.
    const wanted = isPrivate && network === INTERNET ? (name === INTERNET ? "private" : name) : network;
    const inNetwork = wanted === network ? {} : { network: wanted };
    const group: ExternalGroup = {
        ...(known?.[1] ?? {
            summary: `What ${caller} needs of ${host}.`,
            hosts: [{ host, port, protocol: protocolOf(port) }],
        }),
        ...inNetwork,
    };
    const edited = edit(
        { ...catalogue, external: { ...catalogue.external, [name]: group } },
        caller,
        (service) => ({ ...service, external: [...(service.external ?? []), name] }),
    );
    return change(catalogue, edited, [
        ...(known === undefined ? [{ where: "external", snippet: `${text(name)}: ${text(group)}` }] : []),
        ...(known === undefined || wanted === network
            ? []
            : [{ where: `external.${name}`, snippet: `network: ${text(wanted)}` }]),
        { where: `services.${caller}`, snippet: `external: [..., ${text(name)}]` },
        ...(address === undefined || wanted === INTERNET
            ? []
            : [
                  {
                      where: "Pulumi.<stack>.yaml, sparc-mesh:egress.networks",
                      snippet: `${wanted}: [...] # the host's subnet, with ${address} in it`,
                  },
              ]),
    ]);
}

/** Where the node answers for itself. */
const LINK_LOCAL = "169.254.0.0/16";

/** Ports on which servers speak HTTPS, and those on which they speak TLS from the first byte (IANA's registry; Redis, Kafka on MSK). */
const HTTPS_PORTS: readonly number[] = [443, 8443];
const TLS_PORTS: readonly number[] = [465, 636, 853, 989, 990, 993, 995, 5061, 5671, 6380, 8883, 9094, 9098];

/** What a server on this port usually speaks. Databases (Postgres, MySQL) start TLS inside their own protocol, which is `tcp`. */
function protocolOf(port: number): ExternalGroup["hosts"][number]["protocol"] {
    if (HTTPS_PORTS.includes(port)) return "https";
    return TLS_PORTS.includes(port) ? "tls" : "tcp";
}

function contains(cidr: string, address: string): boolean {
    const [network = "", bits = ""] = cidr.split("/");
    const list = new BlockList();
    list.addSubnet(network, Number(bits), "ipv4");
    return list.check(address, "ipv4");
}
