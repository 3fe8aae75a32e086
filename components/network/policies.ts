/** NetworkPolicies from flows: a pod without a sidecar, or with a broken one, still reaches nothing that no flow allows. */
import { PRIVATE_RANGES } from "../../config/egress";
import { ANYWHERE, type Flow, type Party, type Pods } from "../base/flow";
import { COMMON_LABELS } from "../base/labels";
import type { NetworkPolicyManifest } from "../base/manifest";

type Spec = NonNullable<NetworkPolicyManifest["spec"]>;
type IngressRule = NonNullable<Spec["ingress"]>[number];
type EgressRule = NonNullable<Spec["egress"]>[number];
type Peer = NonNullable<IngressRule["from"]>[number];

/** One policy for each name in a namespace, with a rule for each flow, in the order of the flows. */
export function policiesOf(isolated: readonly Pods[], flows: readonly Flow[]): NetworkPolicyManifest[] {
    const policies = new Policies();
    for (const pods of isolated) policies.of(pods);
    for (const flow of flows) policies.allow(flow);
    return policies.manifests();
}

interface Policy {
    readonly pods: Pods;
    isolated: boolean;
    readonly ingress: IngressRule[];
    readonly egress: EgressRule[];
}

class Policies {
    private readonly policies = new Map<string, Policy>();

    of(pods: Pods): Policy {
        const key = `${pods.namespace}/${pods.policy ?? ""}`;
        const policy = this.policies.get(key) ?? { pods, isolated: false, ingress: [], egress: [] };
        if (JSON.stringify(policy.pods.labels) !== JSON.stringify(pods.labels))
            throw new Error(`two flows select different pods for the NetworkPolicy ${key}`);
        policy.isolated ||= pods.isolated === true;
        this.policies.set(key, policy);
        return policy;
    }

    /** Allows the flow at each end that has a policy. A rule without peers would allow everything. */
    allow({ from, to, ports }: Flow): void {
        const [sources, destinations] = [peersOf(from), peersOf(to)];
        if (destinations?.length !== 0)
            for (const pods of from.filter(hasPolicy))
                addOnce(this.of(pods).egress, {
                    ...(destinations === undefined ? {} : { to: destinations }),
                    ports: [...ports],
                });
        if (sources?.length !== 0)
            for (const pods of to.filter(hasPolicy))
                addOnce(this.of(pods).ingress, {
                    ...(sources === undefined ? {} : { from: sources }),
                    ports: [...ports],
                });
    }

    manifests(): NetworkPolicyManifest[] {
        return [...this.policies.values()].map(({ pods, isolated, ingress, egress }) => ({
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: { name: pods.policy ?? "", namespace: pods.namespace, labels: COMMON_LABELS },
            spec: {
                podSelector: pods.labels === undefined ? {} : { matchLabels: pods.labels },
                policyTypes: [
                    ...(isolated || ingress.length > 0 ? ["Ingress"] : []),
                    ...(isolated || egress.length > 0 ? ["Egress"] : []),
                ],
                // The API server drops an empty list, which would show up as a permanent difference.
                ...(ingress.length > 0 ? { ingress } : {}),
                ...(egress.length > 0 ? { egress } : {}),
            },
        }));
    }
}

function hasPolicy(party: Party): party is Pods {
    return typeof party === "object" && "namespace" in party && party.policy !== undefined;
}

/** Returns undefined for anyone. */
function peersOf(parties: readonly Party[]): Peer[] | undefined {
    return parties.includes("anyone") ? undefined : parties.flatMap(peersOfParty);
}

function peersOfParty(party: Party): Peer[] {
    if (party === "anyone") return [];
    if (party === "every-pod")
        return [
            {
                namespaceSelector: {
                    matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "Exists" }],
                },
            },
        ];
    if ("cidrs" in party) {
        const { cidrs, except = PRIVATE_RANGES } = party;
        return cidrs.map((cidr) => ({
            ipBlock: cidr === ANYWHERE ? { cidr, except: [...except] } : { cidr },
        }));
    }
    const { namespace, labels } = party;
    return [
        {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            ...(labels === undefined ? {} : { podSelector: { matchLabels: labels } }),
        },
    ];
}

/** Several flows can have the same rule, such as two calls to one port. */
function addOnce<Rule>(rules: Rule[], rule: Rule): void {
    const text = JSON.stringify(rule);
    if (!rules.some((other) => JSON.stringify(other) === text)) rules.push(rule);
}
