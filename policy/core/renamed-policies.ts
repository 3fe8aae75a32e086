/** Former names in the configuration, so that each of them gives an error that names the new one. */
export const RENAMED_POLICIES: ReadonlyMap<string, string> = new Map([
    ["cluster-security-group-parts", "cluster-security-group-cidrs"],
    ["delivery-gates", "delivery-manual-approval"],
    ["delivery-one-owner", "delivery-no-route-conflicts"],
    ["delivery-own-host", "delivery-route-destinations"],
    ["delivery-sources", "delivery-external-providers"],
    ["egress-no-outsiders-inside", "egress-no-external-endpoints"],
    ["egress-own-names", "egress-unique-hosts"],
    ["extensions-definitions", "extensions-crds"],
    ["gateways-no-other-kinds", "gateways-no-other-controllers"],
    ["gateways-no-side-entries", "gateways-no-service-export"],
    ["gateways-old-clients", "gateways-legacy-clients"],
    ["gateways-only-way-in", "gateways-only-ingress"],
    ["gateways-own-proxies", "gateways-dedicated-proxies"],
    ["injection-not-default", "injection-no-default-namespace"],
    ["injection-own-account", "injection-dedicated-service-account"],
    ["network-every-pod", "network-pod-selector"],
    ["network-few-addresses", "network-cidr-size"],
    ["network-narrow", "network-least-privilege"],
    ["network-no-other-kinds", "network-policy-kinds"],
    ["resilience-breaker", "resilience-circuit-breaker"],
    ["resilience-ejection", "resilience-max-ejection-percent"],
    ["resilience-no-fault", "resilience-no-fault-injection"],
    ["workloads-rights", "workloads-rbac"],
]);

/** Former names of configuration properties. */
export const RENAMED_PROPERTIES: ReadonlyMap<string, string> = new Map([
    ["everyPodsPorts", "allowedPorts"],
    ["keepers", "caNamespaces"],
    ["sidePorts", "auxiliaryPorts"],
    ["widestRange", "maxPortRange"],
]);
