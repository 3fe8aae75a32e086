import { AddressSet } from "../../core/address-ranges";
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

/** IPv6 networks are counted in units of /64, the size of one link (RFC 4291). */
const SUBNET_BITS = 64n;

const FAMILIES = ["ipv4", "ipv6"] as const;

export const cidrSize = stackRule<Config>({
    name: "network-cidr-size",
    area: "network",
    title: "The CIDRs of NetworkPolicies for the same pods are limited in their total size",
    severity: "high",
    why: "a CIDR that contains every pod and node allows everything, and so do sixteen smaller ones together",
    remediation:
        "Select pods by labels. Use CIDRs only for the subnets of load balancers, the API server or a database.",
    appliesTo: [NETWORK_POLICY, "networking.istio.io/Gateway"],
    defaults: { ...NO_EXCEPTIONS, addresses: 8192 },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        addresses: {
            type: "integer",
            minimum: 1,
            description:
                "maximum number of addresses (/64 networks in IPv6) that all policies for the same pods may allow as sources, or as destinations in private networks",
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/17 } }, { ipBlock: { cidr: 10.0.128.0/17 } }], ports: [{ port: 8080 }] }]
`,
        compliant: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ ipBlock: { cidr: 10.0.3.0/24 } }], ports: [{ port: 8080 }] }]
`,
    },
    *evaluateStack(stack, config) {
        const policies = stack.all(NETWORK_POLICY);
        const byPods = stack.collect<readonly [string, Subject]>(
            "policies by their pods",
            policies,
            (policy) => [[podsOf(policy), policy]],
        );
        yield* each(policies, function* (subject) {
            const key = podsOf(subject);
            const same = byPods.filter(([pods]) => pods === key).map(([, policy]) => policy);
            const isGateway =
                stack.gatewaysOf(labelsAt(subject.spec, "podSelector", "matchLabels")).length > 0;
            for (const direction of ["ingress", "egress"] as const) {
                // Gateways accept traffic from networks.
                if (direction === "ingress" && isGateway) continue;
                // Only policies that contribute to the total are reported.
                if (blocksOf(subject, direction, config).length === 0) continue;
                for (const family of FAMILIES) {
                    const count = same
                        .flatMap((policy) => blocksOf(policy, direction, config))
                        .reduce<AddressSet>(
                            (sum, block) => sum.with(reachOf(block, family, direction)),
                            AddressSet.of(family, []),
                        ).count;
                    const units = family === "ipv6" ? count >> SUBNET_BITS : count;
                    if (units <= BigInt(config.addresses)) continue;
                    yield {
                        subject,
                        problem: `the CIDRs of spec.${direction} contain ${units} ${family === "ipv6" ? "/64 networks" : "addresses"} in total; the maximum is ${config.addresses}`,
                        fix: "use smaller CIDRs for the intended subnets, or add the port to this policy's exceptions.",
                    };
                }
            }
        });
    },
});

/**
 * The selected pods of a policy, as a text that is equal for equal selectors.
 * @throws UnknownField
 */
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

/**
 * The addresses of an ipBlock. For egress only private ones, since `network-least-privilege` evaluates the
 * Internet.
 */
function reachOf(block: unknown, family: "ipv4" | "ipv6", direction: "ingress" | "egress"): AddressSet {
    const whole = AddressSet.of(family, [textAt(block, "cidr") ?? ""]).without(
        AddressSet.of(family, texts(at(block, "except"))),
    );
    return direction === "ingress" ? whole : whole.within(AddressSet.of(family, PRIVATE_NETWORKS));
}
