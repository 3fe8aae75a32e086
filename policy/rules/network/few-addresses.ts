import { Addresses } from "../../core/address-ranges";
import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { PRIVATE_NETWORKS } from "../../core/networks";
import { at, labelsAt, list, numberAt, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly addresses: number;
}

const NETWORK_POLICY = "networking.k8s.io/NetworkPolicy";

/** As many networks of hosts as IPv4 has addresses: a /64 is one link (RFC 4291), whatever is on it. */
const LINK = 64n;

const FAMILIES = ["ipv4", "ipv6"] as const;

export const fewAddresses = stackRule<Config>({
    name: "network-few-addresses",
    area: "network",
    title: "The networks of NetworkPolicies are parties, and not the whole private network, however they are split",
    severity: "high",
    why: "a network that holds every pod and node is everybody, and sixteen sixteenths of it are too",
    remedy: "Select pods by labels, and name the subnets of what has no pod: load balancers, the API server, a database.",
    judges: [NETWORK_POLICY, "networking.istio.io/Gateway"],
    defaults: { ...NO_EXCEPTIONS, addresses: 8192 },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        addresses: {
            type: "integer",
            minimum: 1,
            description:
                "the most addresses (in IPv6, /64 networks) that all policies for the same pods may let in, or let them reach in private networks",
        },
    },
    examples: {
        refused: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/17 } }, { ipBlock: { cidr: 10.0.128.0/17 } }], ports: [{ port: 8080 }] }]
`,
        accepted: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ ipBlock: { cidr: 10.0.3.0/24 } }], ports: [{ port: 8080 }] }]
`,
    },
    *judgeStack(world, config) {
        const policies = world.all(NETWORK_POLICY);
        const byPods = world.ask<readonly [string, Subject]>("policies by their pods", policies, (policy) => [
            [podsOf(policy), policy],
        ]);
        yield* each(policies, function* (subject) {
            const key = podsOf(subject);
            const same = byPods.filter(([pods]) => pods === key).map(([, policy]) => policy);
            const isGateway =
                world.gatewaysOf(labelsAt(subject.spec, "podSelector", "matchLabels")).length > 0;
            for (const direction of ["ingress", "egress"] as const) {
                // Gateways are there to be reached from networks.
                if (direction === "ingress" && isGateway) continue;
                // Only a policy that has a part in it is told of it.
                if (blocksOf(subject, direction, config).length === 0) continue;
                for (const family of FAMILIES) {
                    const count = same
                        .flatMap((policy) => blocksOf(policy, direction, config))
                        .reduce<Addresses>(
                            (sum, block) => sum.with(reachOf(block, family, direction)),
                            Addresses.of(family, []),
                        ).count;
                    const units = family === "ipv6" ? count >> LINK : count;
                    if (units <= BigInt(config.addresses)) continue;
                    yield {
                        subject,
                        wrong: `the networks of spec.${direction} are ${units} ${family === "ipv6" ? "networks /64" : "addresses"} together, and ${config.addresses} is the most`,
                        fix: "name the subnets that are meant, or list the port under this policy's exceptions.",
                    };
                }
            }
        });
    },
});

/** Whom a policy is for, as a text that is equal for equal selectors. @throws UnknownField */
function podsOf({ namespace, spec }: Subject): string {
    return `${namespace} ${JSON.stringify(spec["podSelector"] ?? {})}`;
}

/** The ipBlocks of a policy's rules, without those whose ports are all excepted. */
function blocksOf(policy: Subject, direction: "ingress" | "egress", config: Config): readonly unknown[] {
    return list(policy.spec[direction]).flatMap((rule) => {
        const ports = list(at(rule, "ports"));
        const isListed =
            ports.length === 0
                ? isExcepted(config, policy)
                : ports.every((port) => isExcepted(config, policy, numberAt(port, "port")));
        if (isListed) return [];
        return list(at(rule, direction === "ingress" ? "from" : "to"))
            .map((peer) => at(peer, "ipBlock"))
            .filter((block) => block !== undefined);
    });
}

/** What a block covers; of the ways out only those into private networks, since `network-narrow` judges the Internet. */
function reachOf(block: unknown, family: "ipv4" | "ipv6", direction: "ingress" | "egress"): Addresses {
    const whole = Addresses.of(family, [textAt(block, "cidr") ?? ""]).without(
        Addresses.of(family, texts(at(block, "except"))),
    );
    return direction === "ingress" ? whole : whole.within(Addresses.of(family, PRIVATE_NETWORKS));
}
