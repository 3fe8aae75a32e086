import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, type Fields, fields, labelsAt, list, numberAt, says, textAt, texts } from "../../core/read";
import { hasAddress, isPrivate, ONE_PARTYS, parseNetwork, SOMEBODYS, tooWide } from "../../core/networks";
import { each, type Finding, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { portsOf } from "../../core/hosts";
import {
    NO_PRIVATE_NETWORKS,
    PRIVATE_NETWORKS_SCHEMA,
    unlistedNetwork,
    type WithPrivateNetworks,
} from "../../core/private-networks";
import { speaksProxyProtocol } from "../../core/proxy-protocol";
import { namesSome } from "../../core/selectors";
import { asWritten, numbersOf, widthOf } from "../../core/policy-ports";
import { type World } from "../../core/world";

interface Config extends WithPrivateNetworks {
    readonly exceptions: readonly Exception[];
    readonly meshPorts: readonly number[];
    readonly widestRange: number;
}

/** Of a cloud's virtual machines. EKS' pod identities have another, which gives a pod no more than its own. */
const METADATA = ["169.254.169.254", "fd00:ec2::254"];

/** Where Kubernetes itself and the cloud answer; a way to the Internet must leave them out. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"];

export const narrow = stackRule<Config>({
    name: "network-narrow",
    area: "network",
    title: "NetworkPolicies open ports to pods: no anyone, no anywhere, no every port",
    severity: "high",
    why: "one rule without peers or ports undoes deny by default for the pods that it selects",
    remedy: "Give each rule peers with a podSelector, and ports. What must be open to all, such as a webhook, is listed by port.",
    judges: ["networking.k8s.io/NetworkPolicy", "networking.istio.io/Gateway", "core/Service"],
    defaults: {
        ...NO_EXCEPTIONS,
        ...NO_PRIVATE_NETWORKS,
        meshPorts: [15012],
        widestRange: 256,
    },
    schema: {
        exceptions: {
            ...EXCEPTIONS_SCHEMA,
            description: "ports that a NetworkPolicy may open to anyone or anywhere",
        },
        ...PRIVATE_NETWORKS_SCHEMA,
        meshPorts: {
            type: "array",
            items: { type: "integer" },
            description: "ports that may take in all pods of a namespace, such as istiod's for its sidecars",
        },
        widestRange: {
            type: "integer",
            minimum: 1,
            description:
                "how many ports an entry with endPort may open, such as the RTP ports of a media server",
        },
    },
    examples: {
        refused: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec: { podSelector: { matchLabels: { app: carts } }, policyTypes: [Ingress], ingress: [{}] }
`,
        accepted: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 8080 }] }]
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all("networking.k8s.io/NetworkPolicy"), function* (subject) {
            for (const [direction, peers] of [
                ["ingress", "from"],
                ["egress", "to"],
            ] as const) {
                for (const [index, rule] of list(subject.spec[direction]).entries()) {
                    const path = `spec.${direction}[${index}]`;
                    yield* judgeRule(world, subject, path, fields(rule), peers, config);
                }
            }
        });
    },
});

function* judgeRule(
    world: World,
    subject: Subject,
    path: string,
    rule: Fields,
    peers: "from" | "to",
    config: Config,
): Iterable<Finding> {
    const listedPorts = list(rule["ports"]);
    const unnamed = listedPorts.some((port) => !says(at(port, "port")));
    if (listedPorts.length === 0 || unnamed) {
        yield {
            subject,
            wrong: `${path} ${listedPorts.length === 0 ? "names no ports" : "has an entry of `ports` without a port"}, so all are open`,
            fix: "list `ports` with the pods' own port numbers, or their names.",
        };
        return;
    }
    for (const [index, port] of listedPorts.entries()) {
        const count = widthOf(port);
        if (count <= config.widestRange) continue;
        yield {
            subject,
            wrong: `${path}.ports[${index}] is ${count} ports, and ${config.widestRange} is the widest range allowed`,
            fix: "list the ports that the pods listen on, or set widestRange where an application needs so many.",
        };
    }
    const open = listedPorts
        .flatMap((port) => (peers === "from" ? numbersOf(world, subject, port) : [asWritten(port)]))
        .filter((port) =>
            typeof port === "string"
                ? !isExcepted(config, subject)
                : !isExcepted(config, subject, port) &&
                  !(peers === "from" && isGatewayPort(world, subject, port)),
        );
    const listed = list(rule[peers]);
    // An exception is for whom a port may be open to; that the way out leads to the node's credentials nobody means.
    if (listed.length === 0 && peers === "to") {
        yield {
            subject,
            wrong: `${path} has no \`to\`, so its ports are open to anywhere, also where the cloud hands out the node's credentials`,
            fix: "list the pods that are called, or, with the port under this policy's exceptions, an ipBlock without private and link-local networks.",
        };
    } else if (listed.length === 0 && open.length > 0) {
        yield {
            subject,
            wrong: `${path} has no \`from\`, so port ${open.join(", ")} is open to anyone`,
            fix: "list the pods that call, or list the port under this policy's exceptions.",
        };
    }
    for (const [index, peer] of listed.entries()) {
        yield* judgePeer(world, subject, `${path}.${peers}[${index}]`, peer, peers, open, config);
    }
}

function* judgePeer(
    world: World,
    subject: Subject,
    path: string,
    peer: unknown,
    direction: "from" | "to",
    open: readonly (number | string)[],
    config: Config,
): Iterable<Finding> {
    const { meshPorts } = config;
    const cidr = textAt(peer, "ipBlock", "cidr");
    if (cidr !== undefined) {
        const network = parseNetwork(cidr);
        if (network === undefined) {
            yield {
                subject,
                wrong: `${path} is ${cidr}, which is no network`,
                fix: "write it as <address>/<bits>.",
            };
            return;
        }
        const metadata = METADATA.find((address) => direction === "to" && reaches(peer, cidr, address));
        if (metadata !== undefined) {
            yield {
                subject,
                wrong: `${path} is ${cidr}, which has ${metadata} in it: there the cloud hands out the node's credentials`,
                fix: `add ${metadata} to ipBlock.except, or name the network that is meant.`,
            };
        }
        if (direction === "to" && isPrivate(cidr))
            yield* unlistedNetwork(world, subject, { path, cidr, ports: open }, config);
        const isGateway = world.gatewaysOf(labelsAt(subject.spec, "podSelector", "matchLabels")).length > 0;
        const missing = PRIVATE.filter((range) => !texts(at(peer, "ipBlock", "except")).includes(range));
        if (open.length === 0) return;
        if (!isGateway && direction === "to" && !isPrivate(cidr)) {
            yield {
                subject,
                wrong: `${path} is ${cidr} in the Internet, for pods that are no gateway`,
                fix: "let them go through the egress gateway instead.",
            };
        } else if (direction === "from" || network.bits >= SOMEBODYS[network.family] || !isGateway) {
            if (tooWide([cidr], ONE_PARTYS).length === 0) return;
            yield {
                subject,
                wrong: `${path} is ${cidr}, which is more than one party's network`,
                fix: "name the networks that are meant, each no wider than /16 (/32 in IPv6).",
            };
        } else if (missing.length > 0) {
            yield {
                subject,
                wrong: `${path} is ${cidr} without the exception of ${missing.join(", ")}: the way out leads back in`,
                fix: "add them to ipBlock.except.",
            };
        }
        return;
    }
    const anyNamespace = isEverything(at(peer, "namespaceSelector"));
    if (namesSome(at(peer, "podSelector"))) {
        if (!anyNamespace || open.length === 0) return;
        yield {
            subject,
            wrong: `${path} is pods of every namespace, by labels that whoever may create one chooses, for port ${open.join(", ")}`,
            fix: "select the namespace by its label kubernetes.io/metadata.name.",
        };
        return;
    }
    const wide = open.filter((port) => direction === "to" || !meshPorts.includes(Number(port)));
    if (wide.length === 0) return;
    const where = anyNamespace
        ? "every namespace"
        : says(at(peer, "namespaceSelector"))
          ? "the namespaces that it selects"
          : "the namespace";
    yield {
        subject,
        wrong: `${path} is every pod of ${where}, for port ${wide.join(", ")}`,
        fix: "add a podSelector with the labels of the pods that are meant.",
    };
}

/** Whether a namespaceSelector is there, and leaves nobody out, or only those that it names. */
function isEverything(selector: unknown): boolean {
    return selector !== undefined && selector !== null && !namesSome(selector);
}

/** Whether a peer's network has an address in it that it does not leave out. */
function reaches(peer: unknown, cidr: string, address: string): boolean {
    const has = (block: string): boolean => hasAddress(block, address);
    return has(cidr) && !texts(at(peer, "ipBlock", "except")).some(has);
}

/** Ports that a gateway's pods offer to the world: its servers', as its Service maps them, and its health. */
function isGatewayPort(world: World, { spec, namespace }: Subject, port: number): boolean {
    const labels = labelsAt(spec, "podSelector", "matchLabels");
    const gateways = world.gatewaysOf(labels);
    // Whoever connects to one behind the PROXY protocol says from which address he comes: only the load balancer may.
    if (gateways.length === 0 || gateways.some((gateway) => speaksProxyProtocol(world, gateway)))
        return false;
    const servers = gateways
        .flatMap((gateway) => list(gateway.spec["servers"]))
        .filter((server) => textAt(server, "tls", "mode") !== "ISTIO_MUTUAL")
        .map((server) => numberAt(server, "port", "number"));
    const targets = world
        .within(namespace, "core/Service")
        .filter(
            (service) =>
                says(service.spec["selector"]) &&
                world.gatewaysOf(labelsAt(service.spec, "selector")).length > 0,
        )
        .flatMap((service) => portsOf(service).filter(({ number }) => servers.includes(number)))
        .map(({ target }) => target);
    return [...servers, ...targets, 15021].includes(port);
}
