/** The catalogue change that would allow a service to reach an external host. */
import { BlockList, isIPv4 } from "node:net";
import type { Catalogue, ExternalGroup } from "../../../catalogue/model";
import { POD_IDENTITY } from "../../../components/shared/aws/clients";
import { POD_IDENTITY_HOST } from "../../../components/shared/aws/pod-identity";
import { INTERNET, PRIVATE_RANGES } from "../../../config/egress";
import type { ExternalEndpoint } from "../../lib/evaluate/model";
import { type Change, change, edit, text } from "./edit";

export function externalChange(
    catalogue: Catalogue,
    caller: string,
    { host, port, address }: ExternalEndpoint,
): Change | string {
    if (host === POD_IDENTITY_HOST || POD_IDENTITY.cidr === `${address ?? ""}/32`)
        return change(
            catalogue,
            edit(catalogue, caller, (service) => ({ ...service, aws: { podIdentity: true } })),
            [{ where: `services.${caller}`, snippet: "aws: { podIdentity: true }" }],
        );
    if (isIPv4(host))
        return `No change helps: the catalogue lists hosts by name. Pass the host name as destination, with --address ${host}.`;
    if (address !== undefined && contains(LINK_LOCAL, address))
        return `No change helps: ${address} is a link-local address, which the Kubernetes node serves itself. No network can list it.`;
    const isListed = ({ hosts }: Catalogue["external"][string]) =>
        hosts.some((one) => one.host === host && (one.port === port || one.tls === "originate"));
    const known = Object.entries(catalogue.external).find(([, one]) => isListed(one));
    const name = known?.[0] ?? host.split(".").at(-2) ?? host;
    const isPrivate = address !== undefined && PRIVATE_RANGES.some((range) => contains(range, address));
    const { network = INTERNET } = known?.[1] ?? {};
    // Keep the network of a listed group: the address is missing in its ranges, or already in them.
    const targetNetwork =
        isPrivate && network === INTERNET ? (name === INTERNET ? "private" : name) : network;
    const inNetwork = targetNetwork === network ? {} : { network: targetNetwork };
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
        ...(known === undefined || targetNetwork === network
            ? []
            : [{ where: `external.${name}`, snippet: `network: ${text(targetNetwork)}` }]),
        { where: `services.${caller}`, snippet: `external: [..., ${text(name)}]` },
        ...(address === undefined || targetNetwork === INTERNET
            ? []
            : [
                  {
                      where: "Pulumi.<stack>.yaml, sparc-mesh:egress.networks",
                      snippet: `${targetNetwork}: [...] # the host's subnet, with ${address} in it`,
                  },
              ]),
    ]);
}

/** Served by the Kubernetes node itself, for example instance metadata. */
const LINK_LOCAL = "169.254.0.0/16";

/** Ports of HTTPS, and of protocols that use TLS from the first byte (IANA port registry; Redis; Kafka on MSK). */
const HTTPS_PORTS: readonly number[] = [443, 8443];
const TLS_PORTS: readonly number[] = [465, 636, 853, 989, 990, 993, 995, 5061, 5671, 6380, 8883, 9094, 9098];

/** The usual protocol of a port. Databases (Postgres, MySQL) negotiate TLS inside their protocol, so they are `tcp`. */
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
