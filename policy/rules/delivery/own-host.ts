import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { exposures } from "../../core/exposure";
import { isVersionOf } from "../../core/families";
import { isClusterHost } from "../../core/hosts";
import { podsOf } from "../../core/pods";
import { labelsAt } from "../../core/read";
import { routingRules, ROUTERS } from "../../core/routing";
import { type RoutingRule, type Target } from "../../core/routing-rule";
import { guarded, stackRule } from "../../core/rule";
import { CHARTS } from "../../core/subject";
import { type World } from "../../core/world";

export const ownHost = stackRule<WithExceptions>({
    name: "delivery-own-host",
    area: "delivery",
    title: "Who calls a host inside the mesh gets that host, or a version of it",
    severity: "high",
    why: "a caller trusts a name: whoever answers in its place gets the caller's requests, tokens and data, and mutual TLS vouches for them",
    remedy: "Lead a host's route to the host itself, to versions of it (`<name>-…`), or to a gateway; mirror to versions of it alone.",
    judges: [...ROUTERS, "core/Service", "networking.istio.io/Gateway", ...CHARTS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ timeout: 1s, route: [{ destination: { host: reports } }], mirror: { host: collector.example.local } }]
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ timeout: 1s, route: [{ destination: { host: carts-v2.shop.svc.cluster.local } }], mirror: { host: carts-next } }]
`,
    },
    *judgeStack(world, config) {
        const ways = new Set(
            exposures(world).flatMap(({ gateway, mutual }) =>
                mutual ? [`${gateway.namespace}/${gateway.name}`] : [],
            ),
        );
        const gateways = hostsOfGateways(world);
        for (const rule of routingRules(world)) {
            const { subject } = rule;
            const isMesh = rule.gateways.includes("mesh");
            const isWayOut = rule.gateways.some((gateway) => ways.has(gateway));
            if (!isMesh && !isWayOut) continue;
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                for (const [target, host] of astray(world, rule, isMesh ? gateways : new Set(), isMesh)) {
                    yield {
                        subject,
                        wrong: `${target.path} leads requests for ${host} to ${target.host}, which is another's`,
                        fix: `lead them to ${host} or a version of it; where ${target.host} is meant to answer for it, list the route under this policy's exceptions.`,
                    };
                }
            });
        }
    },
});

/** Targets that are none of the hosts that a rule is for, each with one of these. */
function* astray(
    world: World,
    { hosts, targets, mirrors }: RoutingRule,
    gateways: ReadonlySet<string>,
    isMesh: boolean,
): Iterable<readonly [Target, string]> {
    const [first] = hosts;
    if (first === undefined) return;
    const isOwn = ({ host }: Target): boolean =>
        hosts.some((own) => fits(host, own) || isVersionOf(world, host, own));
    const isOutside = hosts.every((host) => !isClusterHost(host));
    for (const target of targets) {
        // The way out may be a gateway of another stack, of which this one shows no Service.
        const isElsewhere = isOutside && isClusterHost(target.host) && !isKnown(world, target.host);
        if (!isOwn(target) && !gateways.has(target.host) && !(isMesh && isElsewhere)) yield [target, first];
    }
    for (const target of mirrors) if (!isOwn(target)) yield [target, first];
}

function isKnown(world: World, host: string): boolean {
    const [name = "", namespace = ""] = host.split(".");
    return world.within(namespace, "core/Service").some((service) => service.name === name);
}

/** A host may be a wildcard, of which the destination is one. */
function fits(host: string, own: string): boolean {
    return own.startsWith("*.") && host.endsWith(own.slice(1));
}

/** Services of gateways, by which requests leave for other hosts, or come to waypoints. */
function hostsOfGateways(world: World): ReadonlySet<string> {
    const full = (name: string, namespace: string): string => `${name}.${namespace}.svc.cluster.local`;
    const ofServices = world.ask("Services of gateways", world.all("core/Service"), (service) =>
        world.gatewaysOf(labelsAt(service.spec, "selector")).length > 0
            ? [full(service.name, service.namespace)]
            : [],
    );
    const ofCharts = world.ask("charts of gateways", world.all(...CHARTS), (chart) =>
        podsOf(chart).flatMap(({ namespace, labels }) =>
            world.gatewaysOf(labels).length > 0 ? [full(chart.name, namespace)] : [],
        ),
    );
    return new Set([...ofServices, ...ofCharts]);
}
