/** A node's EKS Pod Identity agent as a host of the mesh. It returns only the credentials of the calling pod. */
import { fields, list, numberAt, textAt, texts } from "./read";
import { type Subject } from "./subject";

const AGENT = ["169.254.170.23", "169.254.170.23/32"];
const PORT = 80;
const SPEC = new Set(["hosts", "addresses", "exportTo", "location", "resolution", "ports", "endpoints"]);

/**
 * Whether a ServiceEntry has exactly the form of ADR 40: one host, the agent's address and port, visible in
 * one namespace.
 */
export function isPodIdentityAgent({ id, spec }: Subject): boolean {
    if (id !== "networking.istio.io/ServiceEntry") return false;
    const hosts = texts(spec["hosts"]);
    const addresses = texts(spec["addresses"]);
    const endpoints = list(spec["endpoints"]);
    const ports = list(spec["ports"]);
    const exported = texts(spec["exportTo"]);
    return (
        Object.keys(spec).every((key) => SPEC.has(key)) &&
        textAt(spec, "location") === "MESH_EXTERNAL" &&
        textAt(spec, "resolution") === "STATIC" &&
        hosts.length === 1 &&
        hosts.every((host) => !host.includes("*") && !IN_CLUSTER.test(host)) &&
        addresses.length === 1 &&
        addresses.every((address) => AGENT.includes(address)) &&
        endpoints.length === 1 &&
        endpoints.every(isAgent) &&
        ports.length === 1 &&
        textAt(ports[0], "protocol") === "TCP" &&
        numberAt(ports[0], "number") === PORT &&
        (numberAt(ports[0], "targetPort") ?? PORT) === PORT &&
        exported.length === 1 &&
        exported[0] === "."
    );
}

/** Names of Services: `carts.shop.svc`, in any cluster domain. */
const IN_CLUSTER = /\.svc(\.|$)/i;

/** An endpoint with ports, labels or a service account is not the agent as the node serves it. */
function isAgent(endpoint: unknown): boolean {
    return (
        Object.keys(fields(endpoint)).every((key) => key === "address") &&
        AGENT.includes(textAt(endpoint, "address") ?? "")
    );
}
