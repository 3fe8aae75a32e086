import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { exposures } from "../../core/exposure";
import { hostsOfService } from "../../core/service-hosts";
import { routingRules, ROUTERS } from "../../core/routing";
import { type RoutingRule, type Target } from "../../core/routing-rule";
import { type Violation, guarded, stackRule } from "../../core/rule";
import { type StackResources } from "../../core/stack-resources";
import { evaluateCors } from "./cors";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly hosts: readonly { readonly host: string; readonly service: string }[];
}

export const gatewayRoutes = stackRule<Config>({
    name: "gateways-routes",
    area: "gateways",
    title: "Gateway routes send each host to its service, without changing the host, and allow credentials to exact origins only",
    severity: "high",
    why: "policies at a gateway match the requested host: if a route changes the host or the service, they authorized something else",
    remediation:
        "Route each host to its service, keep rewrite.authority and redirects within your hosts, and allow credentials to exact origins only.",
    appliesTo: [...ROUTERS, "networking.istio.io/Gateway"],
    defaults: { ...NO_EXCEPTIONS, hosts: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        hosts: {
            type: "array",
            description:
                "the service (<namespace>/<name>) of each gateway host; any service if the list is empty",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "service"],
                properties: { host: { type: "string" }, service: { type: "string" } },
            },
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api, namespace: shop }
spec:
  hosts: [api.example.com]
  gateways: [edge/public]
  exportTo: [edge]
  http:
    - timeout: 1s
      rewrite: { authority: admin.example.com }
      corsPolicy: { allowOrigins: [{ regex: ".*" }], allowCredentials: true }
      route: [{ destination: { host: carts } }]
    - match: [{ uri: { prefix: /old } }]
      timeout: 1s
      redirect: { authority: api.example.net }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api, namespace: shop }
spec:
  hosts: [api.example.com]
  gateways: [edge/public]
  exportTo: [edge]
  http:
    - timeout: 1s
      rewrite: { authority: carts.shop.svc.cluster.local }
      corsPolicy: { allowOrigins: [{ exact: https://app.example.com }], allowCredentials: true }
      route: [{ destination: { host: carts } }]
    - match: [{ uri: { prefix: /old } }]
      timeout: 1s
      redirect: { authority: www.example.com }
`,
    },
    *evaluateStack(stack, config) {
        const rules = routingRules(stack);
        const exposed = new Set(exposures(stack).map(({ host }) => host.toLowerCase()));
        const meshClientsOnly = new Set(
            exposures(stack).flatMap(({ gateway, meshClientsOnly: isIstioMutual }) =>
                isIstioMutual ? [`${gateway.namespace}/${gateway.name}`] : [],
            ),
        );
        for (const rule of rules) {
            const { subject } = rule;
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                yield* evaluateAuthority(rule);
                yield* evaluateRedirect(rule, exposed);
                yield* evaluateCors(rule);
                const isEntry = rule.gateways.some(
                    (gateway) => gateway !== "mesh" && !meshClientsOnly.has(gateway),
                );
                if (!isEntry) return;
                yield* evaluateHosts(stack, rule, config);
            });
        }
    },
});

function* evaluateAuthority({ subject, authority, hosts, targets }: RoutingRule): Iterable<Violation> {
    if (authority === undefined) return;
    const name = authority.host.replace(/:\d+$/, "").toLowerCase();
    const routedHosts = [...hosts, ...targets.map(({ host }) => host)].map((host) => host.toLowerCase());
    if (routedHosts.includes(name)) return;
    yield {
        subject,
        problem: `${authority.path} rewrites requests for ${hosts.join(" and ") || "its hosts"} to ${authority.host}, which is neither a host nor a destination of the route`,
        fix: "remove it, or use the host of the route's destination.",
    };
}

function* evaluateRedirect(
    { subject, redirect, hosts }: RoutingRule,
    exposed: ReadonlySet<string>,
): Iterable<Violation> {
    if (redirect === undefined) return;
    const name = redirect.host.replace(/:\d+$/, "").toLowerCase();
    if (hosts.includes(name) || exposed.has(name) || hosts.some((host) => siteOf(host) === siteOf(name)))
        return;
    yield {
        subject,
        problem: `${redirect.path} redirects clients of ${hosts.join(" and ") || "its hosts"} to ${redirect.host}, which is neither a host of this mesh nor in the same domain`,
        fix: "redirect to one of your hosts, or add the route to this policy's exceptions.",
    };
}

/** The last two labels of a host. */
function siteOf(host: string): string {
    return host.toLowerCase().split(".").slice(-2).join(".");
}

function* evaluateHosts(
    stack: StackResources,
    rule: RoutingRule,
    { hosts: listed }: Config,
): Iterable<Violation> {
    if (listed.length === 0) return;
    const { subject, hosts, targets, mirrors, delegate } = rule;
    for (const host of hosts) {
        const service = listed.find((entry) => entry.host.toLowerCase() === host.toLowerCase())?.service;
        if (service === undefined) {
            if (host.endsWith(".svc.cluster.local")) continue;
            yield {
                subject,
                problem: `${rule.path} applies to ${host} at ${rule.gateways.join(" and ")}, but no service is listed for that host`,
                fix: "remove the host, or list it with its service for this policy.",
            };
            continue;
        }
        const family = hostsOfService(stack, service);
        const misrouted: Target[] = [...targets, ...mirrors].filter((target) => !family.has(target.host));
        if (
            delegate !== undefined &&
            !family.has(`${delegate.name}.${delegate.namespace}.svc.cluster.local`)
        ) {
            misrouted.push({ path: delegate.path, host: `${delegate.namespace}/${delegate.name}` });
        }
        for (const target of misrouted) {
            yield {
                subject,
                problem: `${target.path} routes requests for ${host} to ${target.host}, but the listed service of that host is ${service}`,
                fix: `route them to ${service}, or list another service for the host.`,
            };
        }
    }
}
