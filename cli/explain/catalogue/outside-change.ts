/** What one would change in the catalogue for a service to reach a host outside. */
import { isIPv4 } from "node:net";
import type { Catalogue } from "../../../catalogue/model";
import { POD_IDENTITY } from "../../../components/base/aws-clients";
import { POD_IDENTITY_HOST } from "../../../components/base/pod-identity";
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
    const isListed = ({ hosts }: Catalogue["external"][string]) =>
        hosts.some((one) => one.host === host && (one.port === port || one.tls === "originate"));
    const known = Object.entries(catalogue.external).find(([, group]) => isListed(group))?.[0];
    const group = known ?? host.split(".").at(-2) ?? host;
    const entry = {
        summary: `What ${caller} needs of ${host}.`,
        hosts: [{ host, port, protocol: "https" as const }],
    };
    const listed =
        known === undefined
            ? { ...catalogue, external: { ...catalogue.external, [group]: entry } }
            : catalogue;
    const edited = edit(listed, caller, (service) => ({
        ...service,
        external: [...(service.external ?? []), group],
    }));
    return change(catalogue, edited, [
        ...(known === undefined ? [{ where: "external", snippet: `${text(group)}: ${text(entry)}` }] : []),
        { where: `services.${caller}`, snippet: `external: [..., ${text(group)}]` },
    ]);
}
