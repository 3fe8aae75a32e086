import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { hasAddress, isPrivate, WIDEST_SERVICE_NETWORK, tooWide } from "../../core/networks";
import { isPodIdentityAgent } from "../../core/pod-identity";
import { list, isNonEmpty, texts, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Protocols that contain the host name, so that a wildcard matches only these hosts. */
const PROTOCOLS_WITH_HOST: ReadonlySet<string> = new Set(["HTTPS", "TLS"]);

export const serviceEntries = objectRule<WithExceptions>({
    name: "egress-service-entries",
    area: "egress",
    title: "Every ServiceEntry lists specific hosts",
    severity: "high",
    why: "with a wildcard, or a whole network, a compromised workload can send data to destinations of its choice",
    remediation: "List the hosts. Use a wildcard only for TLS, below a domain that one party owns.",
    appliesTo: ["networking.istio.io/ServiceEntry"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata: { name: anywhere, namespace: shop }
spec: { hosts: ["*.example.com"], exportTo: ["."], location: MESH_EXTERNAL, resolution: NONE, ports: [{ number: 5432, name: tcp, protocol: TCP }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
`,
    },
    *evaluate(subject, config) {
        if (subject.isPatch || isExcepted(config, subject)) return;
        yield* evaluateHosts(subject);
        yield* evaluateAddresses(subject);
    },
});

function* evaluateHosts(subject: Subject): Iterable<Violation> {
    const protocols = list(subject.spec["ports"]).map((port) =>
        (textAt(port, "protocol") ?? "TCP").toUpperCase(),
    );
    for (const host of texts(subject.spec["hosts"])) {
        if (!host.includes("*")) continue;
        const loose = protocols.find((protocol) => !PROTOCOLS_WITH_HOST.has(protocol));
        const isShared = host.split(".").length <= 2 || SHARED_DOMAINS.test(host);
        if (!isShared && loose === undefined) continue;
        yield {
            subject,
            problem:
                loose === undefined || isShared
                    ? `spec.hosts has ${JSON.stringify(host)}, which includes hosts of several parties`
                    : `spec.hosts has ${JSON.stringify(host)} with a ${loose} port, whose traffic does not contain the host name`,
            fix: "list the hosts.",
        };
    }
}

function* evaluateAddresses(subject: Subject): Iterable<Violation> {
    const { spec } = subject;
    const addresses = texts(spec["addresses"]);
    const hosts = texts(spec["hosts"]);
    const literal = hosts.find((host) => !host.includes("*"));
    const isOutside = (textAt(spec, "location") ?? "MESH_EXTERNAL") === "MESH_EXTERNAL";
    // With NONE the caller chooses the address, and the host is only what the caller claims.
    if (
        isOutside &&
        (textAt(spec, "resolution") ?? "NONE") === "NONE" &&
        literal !== undefined &&
        addresses.length === 0
    ) {
        yield {
            subject,
            problem: `spec.resolution is NONE, so a request for ${literal} is sent to the address that the caller chooses`,
            fix: "set it to DNS, or list the addresses of the host.",
        };
    }
    const wide = tooWide(addresses, WIDEST_SERVICE_NETWORK);
    if (wide.length > 0) {
        yield {
            subject,
            problem: `spec.addresses has ${wide.slice(0, 3).join(", ")}${wide.length > 3 ? ` and ${wide.length - 3} more` : ""}, which is too wide for one service`,
            fix: "list the addresses of the hosts, or omit the field.",
        };
    }
    const endpoints = list(spec["endpoints"]).map((endpoint) => textAt(endpoint, "address") ?? "");
    if (isPodIdentityAgent(subject)) return;
    for (const [field, address] of [
        ...addresses.map((one) => ["addresses", one] as const),
        ...endpoints.map((one) => ["endpoints", one] as const),
        ...hosts.map((one) => ["hosts", one] as const),
    ]) {
        if (!isNodeAddress(address)) continue;
        yield {
            subject,
            problem: `spec.${field} has ${address}, an address of the node or of its instance metadata, which can return credentials`,
            fix: "remove it.",
        };
    }
    if (!isOutside || isNonEmpty(spec["workloadSelector"])) return;
    for (const address of endpoints) {
        if (
            hosts.includes(address) ||
            isPrivate(address) ||
            isNodeAddress(address) ||
            address.startsWith("unix:")
        )
            continue;
        yield {
            subject,
            problem: `spec.endpoints has ${address}, which receives the requests for ${hosts.join(" and ")} instead of the host's DNS addresses`,
            fix: "remove the endpoints and set resolution to DNS. If they are addresses of the host, add the object to this policy's exceptions.",
        };
    }
}

/** Domains in which anyone can register a host. */
const SHARED_DOMAINS =
    /\*\.(([a-z0-9-]+\.)*(amazonaws\.com|cloudfront\.net|azurewebsites\.net|windows\.net|azure\.com|googleapis\.com|googleusercontent\.com|appspot\.com|run\.app|cloudfunctions\.net|github\.io|githubusercontent\.com|gitlab\.io|herokuapp\.com|netlify\.app|vercel\.app|pages\.dev|workers\.dev|ngrok\.io|ngrok\.app|fastly\.net|akamai\.net|akamaized\.net|backblazeb2\.com|digitaloceanspaces\.com)|(co|com|org|net|gov|ac|edu)\.[a-z]{2})$/i;

/** Whether it is an address or a name of the node itself, or of a cloud's metadata service. */
function isNodeAddress(address: string): boolean {
    const bare = address.replace(/^\[|\]$/g, "");
    return NODE_ADDRESSES.some((network) => hasAddress(network, bare)) || NODE_HOSTS.has(bare.toLowerCase());
}

const NODE_ADDRESSES = [
    "0.0.0.0/32",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "::/128",
    "::1/128",
    "fe80::/10",
    "fd00:ec2::/64",
    // Alibaba's and Azure's.
    "100.100.100.200/32",
    "168.63.129.16/32",
];

const NODE_HOSTS: ReadonlySet<string> = new Set([
    "instance-data",
    "localhost",
    "metadata",
    "metadata.goog",
    "metadata.google.internal",
]);
