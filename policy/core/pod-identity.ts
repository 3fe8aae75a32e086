/** The EKS Pod Identity agent of a node as a host of the mesh: it gives a pod no more than that pod's own credentials. */
import { at, list, numberAt, textAt, texts } from "./read";
import { type Subject } from "./subject";

const AGENT = ["169.254.170.23", "169.254.170.23/32"];
const PORT = 80;

/** Whether a ServiceEntry is the agent and nothing else: its one address, its one port, known in one namespace. */
export function isPodIdentityAgent({ id, spec }: Subject): boolean {
    if (id !== "networking.istio.io/ServiceEntry") return false;
    const endpoints = list(spec["endpoints"]);
    const ports = list(spec["ports"]);
    const addresses = [
        ...texts(spec["addresses"]),
        ...endpoints.map((endpoint) => textAt(endpoint, "address") ?? ""),
    ];
    const exported = texts(spec["exportTo"]);
    return (
        textAt(spec, "resolution") === "STATIC" &&
        endpoints.length > 0 &&
        addresses.every((address) => AGENT.includes(address)) &&
        endpoints.every((endpoint) => at(endpoint, "ports") === undefined) &&
        ports.length === 1 &&
        numberAt(ports[0], "number") === PORT &&
        (numberAt(ports[0], "targetPort") ?? PORT) === PORT &&
        exported.length === 1 &&
        exported[0] === "." &&
        texts(spec["hosts"]).every((host) => !host.includes("*"))
    );
}
