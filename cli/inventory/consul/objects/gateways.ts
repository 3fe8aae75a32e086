/** Gateways, and services that are exported to peers. */
import type { ObjectFields } from "../../fields";
import { listAt, numberAt, textAt, textsAt } from "../data";
import { apply } from "./config";
import { headers } from "./resolver";

export function translateIngressGateway(entry: ObjectFields): void {
    entry.main(
        ["Kind", "Name", "Meta"],
        "by-hand",
        "The mesh has its own gateways. Point clients' DNS to them after the cutover.",
    );
    for (const [index, listener] of listAt(entry.object.data, "Listeners").entries()) {
        const path = `Listeners[${index}]`;
        const port = numberAt(listener, "Port");
        for (const [at, service] of listAt(listener, "Services").entries()) {
            headers(entry, `${path}.Services[${at}]`);
            const hosts = textsAt(service, "Hosts").join(", ") || "any host";
            const detail = `Add an exposure to ${textAt(service, "Name")} for ${hosts} (port ${port}): choose the gateway, the host and how clients authenticate, which Consul does not know.`;
            entry.add(`${path}.Services[${at}]`, "by-hand", detail);
        }
        entry.add(
            `${path}.TLS`,
            "not-needed",
            "The mesh's gateways terminate TLS with certificates of the stack.",
        );
        entry.add(
            path,
            "by-hand",
            `Clients connect to the port ${port}: HTTP exposures use 443, TCP exposures \`listen\`.`,
        );
    }
    apply(entry, [
        ["TLS", "not-needed", "The mesh's gateways terminate TLS with certificates of the stack."],
        ["Defaults", "by-hand", "Limits of a gateway's connections: set rateLimit of the exposures."],
    ]);
}

export function translateTerminatingGateway(
    entry: ObjectFields,
    external: ReadonlyMap<string, string>,
): void {
    entry.main(["Kind", "Name", "Meta"], "difference", "The egress gateway replaces it.");
    for (const [index, service] of listAt(entry.object.data, "Services").entries()) {
        const path = `Services[${index}]`;
        const group = external.get(textAt(service, "Name"));
        entry.add(
            [`${path}.CertFile`, `${path}.KeyFile`],
            "by-hand",
            "The egress gateway has no client certificates: the caller must originate TLS.",
        );
        entry.add(
            `${path}.CAFile`,
            "by-hand",
            "The egress gateway verifies public certificates: a private authority needs the caller's TLS.",
        );
        entry.add(
            path,
            group === undefined ? "by-hand" : "translated",
            group === undefined
                ? "Not in the draft: its address is no fully qualified DNS name. Add it as an external group."
                : `external.${group}`,
        );
    }
}

export function translateExportedServices(entry: ObjectFields): void {
    entry.main(["Kind", "Name", "Meta"], "by-hand", "The mesh exports no services to peers.");
    for (const [index, service] of listAt(entry.object.data, "Services").entries()) {
        const consumers = listAt(service, "Consumers").map(
            (one) => textAt(one, "Peer") || textAt(one, "PeerName") || textAt(one, "Partition"),
        );
        entry.add(
            `Services[${index}]`,
            "by-hand",
            `Add an exposure at the internal gateway to ${textAt(service, "Name")} for ${consumers.join(", ") || "its consumers"}.`,
        );
    }
}
