import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, type Fields, fields, labelsAt, list, isNonEmpty, textAt, texts } from "../../core/read";
import { isGatewayPort } from "./gateway-ports";
import {
    hasAddress,
    isPrivate,
    WIDEST_SERVICE_NETWORK,
    parseNetwork,
    WIDEST_ORGANIZATION_NETWORK,
    tooWide,
} from "../../core/networks";
import { each, type Violation, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import {
    NO_PRIVATE_NETWORKS,
    PRIVATE_NETWORKS_SCHEMA,
    unlistedNetwork,
    type WithPrivateNetworks,
} from "../../core/private-networks";
import { isSpecific } from "../../core/selectors";
import { asWritten, numbersOf, widthOf } from "../../core/policy-ports";
import { type StackResources } from "../../core/stack-resources";

interface Config extends WithPrivateNetworks {
    readonly exceptions: readonly Exception[];
    readonly meshPorts: readonly number[];
    readonly maxPortRange: number;
}

/**
 * Instance metadata services of cloud VMs. EKS Pod Identity uses another address, which only returns
 * credentials of the calling pod.
 */
const METADATA = ["169.254.169.254", "fd00:ec2::254"];

/** Networks of Kubernetes and of the cloud's internal services, which egress to the Internet must exclude. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"];

export const leastPrivilege = stackRule<Config>({
    name: "network-least-privilege",
    area: "network",
    title: "NetworkPolicy rules list specific peers and ports",
    severity: "high",
    why: "one rule without peers or ports overrides default deny for the pods that it selects",
    remediation:
        "Set peers with a podSelector, and ports, in each rule. List ports that must be open to all, such as those of a webhook, as exceptions.",
    appliesTo: ["networking.k8s.io/NetworkPolicy", "networking.istio.io/Gateway", "core/Service"],
    defaults: {
        ...NO_EXCEPTIONS,
        ...NO_PRIVATE_NETWORKS,
        meshPorts: [15012],
        maxPortRange: 256,
    },
    schema: {
        exceptions: {
            ...EXCEPTIONS_SCHEMA,
            description: "ports that a NetworkPolicy may allow for any peer",
        },
        ...PRIVATE_NETWORKS_SCHEMA,
        meshPorts: {
            type: "array",
            items: { type: "integer" },
            description: "ports that may allow all pods of a namespace, such as istiod's for its sidecars",
        },
        maxPortRange: {
            type: "integer",
            minimum: 1,
            description:
                "maximum number of ports in an entry with endPort, for example for the RTP ports of a media server",
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec: { podSelector: { matchLabels: { app: carts } }, policyTypes: [Ingress], ingress: [{}] }
`,
        compliant: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 8080 }] }]
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all("networking.k8s.io/NetworkPolicy"), function* (subject) {
            for (const [direction, peers] of [
                ["ingress", "from"],
                ["egress", "to"],
            ] as const) {
                for (const [index, rule] of list(subject.spec[direction]).entries()) {
                    const path = `spec.${direction}[${index}]`;
                    yield* evaluateRule(stack, subject, path, fields(rule), peers, config);
                }
            }
        });
    },
});

function* evaluateRule(
    stack: StackResources,
    subject: Subject,
    path: string,
    rule: Fields,
    peers: "from" | "to",
    config: Config,
): Iterable<Violation> {
    const listedPorts = list(rule["ports"]);
    const unnamed = listedPorts.some((port) => !isNonEmpty(at(port, "port")));
    if (listedPorts.length === 0 || unnamed) {
        yield {
            subject,
            problem: `${path} ${listedPorts.length === 0 ? "has no ports" : "has an entry of `ports` without a port"}, so it allows all ports`,
            fix: "list `ports` with the container port numbers or names.",
        };
        return;
    }
    for (const [index, port] of listedPorts.entries()) {
        const count = widthOf(port);
        if (count <= config.maxPortRange) continue;
        yield {
            subject,
            problem: `${path}.ports[${index}] has ${count} ports; the maximum is ${config.maxPortRange}`,
            fix: "list the ports of the pods, or increase maxPortRange if an application needs more.",
        };
    }
    const open = listedPorts
        .flatMap((port) => (peers === "from" ? numbersOf(stack, subject, port) : [asWritten(port)]))
        .filter((port) =>
            typeof port === "string"
                ? !isExcepted(config, subject)
                : !isExcepted(config, subject, port) &&
                  !(peers === "from" && isGatewayPort(stack, subject, port)),
        );
    const listed = list(rule[peers]);
    // An exception can open a port to any peer, but must not expose the node's credentials.
    if (listed.length === 0 && peers === "to") {
        yield {
            subject,
            problem: `${path} has no \`to\`, so its ports are allowed to any destination, including the cloud's instance metadata with the node's credentials`,
            fix: "list the destination pods. For external destinations add the port to this policy's exceptions, and use an ipBlock without private and link-local networks.",
        };
    } else if (listed.length === 0 && open.length > 0) {
        yield {
            subject,
            problem: `${path} has no \`from\`, so port ${open.join(", ")} is open to any source`,
            fix: "list the source pods, or add the port to this policy's exceptions.",
        };
    }
    for (const [index, peer] of listed.entries()) {
        yield* evaluatePeer(stack, subject, `${path}.${peers}[${index}]`, peer, peers, open, config);
    }
}

function* evaluatePeer(
    stack: StackResources,
    subject: Subject,
    path: string,
    peer: unknown,
    direction: "from" | "to",
    open: readonly (number | string)[],
    config: Config,
): Iterable<Violation> {
    const { meshPorts } = config;
    const cidr = textAt(peer, "ipBlock", "cidr");
    if (cidr !== undefined) {
        const network = parseNetwork(cidr);
        if (network === undefined) {
            yield {
                subject,
                problem: `${path} is ${cidr}, which is not a valid CIDR`,
                fix: "use the form <address>/<bits>.",
            };
            return;
        }
        const metadata = METADATA.find((address) => direction === "to" && reaches(peer, cidr, address));
        if (metadata !== undefined) {
            yield {
                subject,
                problem: `${path} is ${cidr}, which contains ${metadata}, the cloud's instance metadata with the node's credentials`,
                fix: `add ${metadata} to ipBlock.except, or use the CIDR of the intended destination.`,
            };
        }
        if (direction === "to" && isPrivate(cidr))
            yield* unlistedNetwork(stack, subject, { path, cidr, ports: open }, config);
        const isGateway = stack.gatewaysOf(labelsAt(subject.spec, "podSelector", "matchLabels")).length > 0;
        const missing = PRIVATE.filter((range) => !texts(at(peer, "ipBlock", "except")).includes(range));
        if (open.length === 0) return;
        if (!isGateway && direction === "to" && !isPrivate(cidr)) {
            yield {
                subject,
                problem: `${path} is ${cidr} on the Internet, for pods that are not a gateway`,
                fix: "route the traffic through the egress gateway.",
            };
        } else if (
            direction === "from" ||
            network.bits >= WIDEST_ORGANIZATION_NETWORK[network.family] ||
            !isGateway
        ) {
            if (tooWide([cidr], WIDEST_SERVICE_NETWORK).length === 0) return;
            yield {
                subject,
                problem: `${path} is ${cidr}, which is too wide for a single service's network`,
                fix: "use the CIDRs of the intended networks, each no wider than /16 (/32 in IPv6).",
            };
        } else if (missing.length > 0) {
            yield {
                subject,
                problem: `${path} is ${cidr} without the exceptions ${missing.join(", ")}, so it also allows internal destinations`,
                fix: "add them to ipBlock.except.",
            };
        }
        return;
    }
    const anyNamespace = isEverything(at(peer, "namespaceSelector"));
    if (isSpecific(at(peer, "podSelector"))) {
        if (!anyNamespace || open.length === 0) return;
        yield {
            subject,
            problem: `${path} selects pods of every namespace, by labels that anyone with a namespace can set, for port ${open.join(", ")}`,
            fix: "select the namespace by its label kubernetes.io/metadata.name.",
        };
        return;
    }
    const wide = open.filter((port) => direction === "to" || !meshPorts.includes(Number(port)));
    if (wide.length === 0) return;
    const where = anyNamespace
        ? "every namespace"
        : isNonEmpty(at(peer, "namespaceSelector"))
          ? "the selected namespaces"
          : "the namespace";
    yield {
        subject,
        problem: `${path} selects every pod of ${where}, for port ${wide.join(", ")}`,
        fix: "add a podSelector with the labels of the intended pods.",
    };
}

/** Whether a namespaceSelector is present and matches nearly every namespace. */
function isEverything(selector: unknown): boolean {
    return selector !== undefined && selector !== null && !isSpecific(selector);
}

/** Whether a peer's network contains an address that it does not exclude. */
function reaches(peer: unknown, cidr: string, address: string): boolean {
    const has = (block: string): boolean => hasAddress(block, address);
    return has(cidr) && !texts(at(peer, "ipBlock", "except")).some(has);
}
