import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { exposures } from "../../core/exposure";
import { isVersionOf } from "../../core/service-hosts";
import { isClusterHost } from "../../core/hosts";
import { podsOf } from "../../core/pods";
import { labelsAt } from "../../core/read";
import { routingRules, ROUTERS } from "../../core/routing";
import { type RoutingRule, type Target } from "../../core/routing-rule";
import { guarded, stackRule } from "../../core/rule";
import { CHARTS } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

export const routeDestinations = stackRule<WithExceptions>({
    name: "delivery-route-destinations",
    area: "delivery",
    title: "Routes in the mesh send requests to the requested host or a version of it",
    severity: "high",
    why: "callers trust host names: another service that answers for a host receives its requests, tokens and data, and mutual TLS does not detect this",
    remediation:
        "Route a host to itself, to its versions (`<name>-…`), or to a gateway. Mirror only to its versions.",
    appliesTo: [...ROUTERS, "core/Service", "networking.istio.io/Gateway", ...CHARTS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ timeout: 1s, route: [{ destination: { host: reports } }], mirror: { host: collector.example.local } }]
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ timeout: 1s, route: [{ destination: { host: carts-v2.shop.svc.cluster.local } }], mirror: { host: carts-next } }]
`,
    },
    *evaluateStack(stack, config) {
        const egressGateways = new Set(
            exposures(stack).flatMap(({ gateway, meshClientsOnly }) =>
                meshClientsOnly ? [`${gateway.namespace}/${gateway.name}`] : [],
            ),
        );
        const gateways = hostsOfGateways(stack);
        for (const rule of routingRules(stack)) {
            const { subject } = rule;
            const isMesh = rule.gateways.includes("mesh");
            const isEgress = rule.gateways.some((gateway) => egressGateways.has(gateway));
            if (!isMesh && !isEgress) continue;
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                for (const [target, host] of misroutedTargets(
                    stack,
                    rule,
                    isMesh ? gateways : new Set(),
                    isMesh,
                )) {
                    yield {
                        subject,
                        problem: `${target.path} routes requests for ${host} to ${target.host}, which is another service`,
                        fix: `route them to ${host} or a version of it. If ${target.host} is meant to receive them, add the route to this policy's exceptions.`,
                    };
                }
            });
        }
    },
});

/** Targets that are not among the hosts of a rule, each with one of its hosts. */
function* misroutedTargets(
    stack: StackResources,
    { hosts, targets, mirrors }: RoutingRule,
    gateways: ReadonlySet<string>,
    isMesh: boolean,
): Iterable<readonly [Target, string]> {
    const [first] = hosts;
    if (first === undefined) return;
    const isRequestedHost = ({ host }: Target): boolean =>
        hosts.some((routeHost) => fits(host, routeHost) || isVersionOf(stack, host, routeHost));
    const isOutside = hosts.every((host) => !isClusterHost(host));
    for (const target of targets) {
        // The egress gateway can be in another stack, so that its Service is not visible here.
        const isElsewhere = isOutside && isClusterHost(target.host) && !isKnown(stack, target.host);
        if (!isRequestedHost(target) && !gateways.has(target.host) && !(isMesh && isElsewhere))
            yield [target, first];
    }
    for (const target of mirrors) if (!isRequestedHost(target)) yield [target, first];
}

function isKnown(stack: StackResources, host: string): boolean {
    const [name = "", namespace = ""] = host.split(".");
    return stack.within(namespace, "core/Service").some((service) => service.name === name);
}

/** A route's host can be a wildcard that matches the destination. */
function fits(host: string, routeHost: string): boolean {
    return routeHost.startsWith("*.") && host.endsWith(routeHost.slice(1));
}

/** Services of gateways, which receive requests for external hosts or for waypoints. */
function hostsOfGateways(stack: StackResources): ReadonlySet<string> {
    const full = (name: string, namespace: string): string => `${name}.${namespace}.svc.cluster.local`;
    const ofServices = stack.collect("Services of gateways", stack.all("core/Service"), (service) =>
        stack.gatewaysOf(labelsAt(service.spec, "selector")).length > 0
            ? [full(service.name, service.namespace)]
            : [],
    );
    const ofCharts = stack.collect("charts of gateways", stack.all(...CHARTS), (chart) =>
        podsOf(chart).flatMap(({ namespace, labels }) =>
            stack.gatewaysOf(labels).length > 0 ? [full(chart.name, namespace)] : [],
        ),
    );
    return new Set([...ofServices, ...ofCharts]);
}
