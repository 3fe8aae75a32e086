import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { hasAddress, isPrivate, ONE_PARTYS, tooWide } from "../../core/networks";
import { isPodIdentityAgent } from "../../core/pod-identity";
import { list, says, texts, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Ports whose traffic tells the host's name, so that a wildcard still means these hosts. */
const NAMED: ReadonlySet<string> = new Set(["HTTPS", "TLS"]);

export const serviceEntries = objectRule<WithExceptions>({
    name: "egress-service-entries",
    area: "egress",
    title: "A ServiceEntry names its hosts",
    severity: "high",
    why: "a wildcard, or a whole network, lets out whatever a compromised workload wants to say to it",
    remedy: "List the hosts. A wildcard is for TLS under a domain that one party owns.",
    judges: ["networking.istio.io/ServiceEntry"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata: { name: anywhere, namespace: shop }
spec: { hosts: ["*.example.com"], exportTo: ["."], location: MESH_EXTERNAL, resolution: NONE, ports: [{ number: 5432, name: tcp, protocol: TCP }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
`,
    },
    *judge(subject, config) {
        if (subject.isPatch || isExcepted(config, subject)) return;
        yield* judgeHosts(subject);
        yield* judgeAddresses(subject);
    },
});

function* judgeHosts(subject: Subject): Iterable<Finding> {
    const protocols = list(subject.spec["ports"]).map((port) =>
        (textAt(port, "protocol") ?? "TCP").toUpperCase(),
    );
    for (const host of texts(subject.spec["hosts"])) {
        if (!host.includes("*")) continue;
        const loose = protocols.find((protocol) => !NAMED.has(protocol));
        const isShared = host.split(".").length <= 2 || SHARED.test(host);
        if (!isShared && loose === undefined) continue;
        yield {
            subject,
            wrong:
                loose === undefined || isShared
                    ? `spec.hosts has ${JSON.stringify(host)}, which is more than one party's`
                    : `spec.hosts has ${JSON.stringify(host)} with a port of ${loose}, whose traffic does not tell the host`,
            fix: "list the hosts that are meant.",
        };
    }
}

function* judgeAddresses(subject: Subject): Iterable<Finding> {
    const { spec } = subject;
    const addresses = texts(spec["addresses"]);
    const hosts = texts(spec["hosts"]);
    const literal = hosts.find((host) => !host.includes("*"));
    const isOutside = (textAt(spec, "location") ?? "MESH_EXTERNAL") === "MESH_EXTERNAL";
    // By NONE the caller chooses the address, and the name is what it writes in its greeting.
    if (
        isOutside &&
        (textAt(spec, "resolution") ?? "NONE") === "NONE" &&
        literal !== undefined &&
        addresses.length === 0
    ) {
        yield {
            subject,
            wrong: `spec.resolution is NONE, so a request for ${literal} goes to whatever address the caller gives`,
            fix: "set it to DNS, or name the addresses of the host.",
        };
    }
    const wide = tooWide(addresses, ONE_PARTYS);
    if (wide.length > 0) {
        yield {
            subject,
            wrong: `spec.addresses has ${wide.slice(0, 3).join(", ")}${wide.length > 3 ? ` and ${wide.length - 3} more` : ""}, a whole network`,
            fix: "name the addresses of the hosts, or leave them to Istio.",
        };
    }
    const endpoints = list(spec["endpoints"]).map((endpoint) => textAt(endpoint, "address") ?? "");
    if (isPodIdentityAgent(subject)) return;
    for (const [field, address] of [
        ...addresses.map((one) => ["addresses", one] as const),
        ...endpoints.map((one) => ["endpoints", one] as const),
        ...hosts.map((one) => ["hosts", one] as const),
    ]) {
        if (!isMachines(address)) continue;
        yield {
            subject,
            wrong: `spec.${field} has ${address}, by which a machine's own services answer: its credentials, or the pod itself`,
            fix: "remove it.",
        };
    }
    if (!isOutside || says(spec["workloadSelector"])) return;
    for (const address of endpoints) {
        if (
            hosts.includes(address) ||
            isPrivate(address) ||
            isMachines(address) ||
            address.startsWith("unix:")
        )
            continue;
        yield {
            subject,
            wrong: `spec.endpoints has ${address}, to which requests for ${hosts.join(" and ")} go in place of the host's own addresses`,
            fix: "remove the endpoints and set resolution to DNS; where they are the host's, list the object under this policy's exceptions.",
        };
    }
}

/** Domains under which anybody may have a host. */
const SHARED =
    /\*\.(([a-z0-9-]+\.)*(amazonaws\.com|cloudfront\.net|azurewebsites\.net|windows\.net|azure\.com|googleapis\.com|googleusercontent\.com|appspot\.com|run\.app|cloudfunctions\.net|github\.io|githubusercontent\.com|gitlab\.io|herokuapp\.com|netlify\.app|vercel\.app|pages\.dev|workers\.dev|ngrok\.io|ngrok\.app|fastly\.net|akamai\.net|akamaized\.net|backblazeb2\.com|digitaloceanspaces\.com)|(co|com|org|net|gov|ac|edu)\.[a-z]{2})$/i;

/** Addresses and names of the machine itself, and of the clouds' metadata services. */
function isMachines(address: string): boolean {
    const bare = address.replace(/^\[|\]$/g, "");
    return MACHINES.some((network) => hasAddress(network, bare)) || MACHINE_NAMES.has(bare.toLowerCase());
}

const MACHINES = [
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

const MACHINE_NAMES: ReadonlySet<string> = new Set([
    "instance-data",
    "localhost",
    "metadata",
    "metadata.goog",
    "metadata.google.internal",
]);
