import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { exposures } from "../../core/exposure";
import { familyOf } from "../../core/families";
import { routingRules, ROUTERS } from "../../core/routing";
import { type RoutingRule, type Target } from "../../core/routing-rule";
import { type Finding, guarded, stackRule } from "../../core/rule";
import { type World } from "../../core/world";
import { judgeCors } from "./cors";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly hosts: readonly { readonly host: string; readonly service: string }[];
}

export const gatewayRoutes = stackRule<Config>({
    name: "gateways-routes",
    area: "gateways",
    title: "A route of a gateway leads its host to that host's service, under its own name, for its own origins",
    severity: "high",
    why: "policies at a gateway decide by the host that the client wrote: behind another name, or another service, the decision was about something else",
    remedy: "Lead each host to its service, keep rewrite.authority and redirects to hosts of your own, and allow credentials to origins that are written in full.",
    judges: [...ROUTERS, "networking.istio.io/Gateway"],
    defaults: { ...NO_EXCEPTIONS, hosts: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        hosts: {
            type: "array",
            description:
                "the service (<namespace>/<name>) that each host of a gateway leads to; any where none is listed",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "service"],
                properties: { host: { type: "string" }, service: { type: "string" } },
            },
        },
    },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, config) {
        const rules = routingRules(world);
        const exposed = new Set(exposures(world).map(({ host }) => host.toLowerCase()));
        const mutual = new Set(
            exposures(world).flatMap(({ gateway, mutual: isMutual }) =>
                isMutual ? [`${gateway.namespace}/${gateway.name}`] : [],
            ),
        );
        for (const rule of rules) {
            const { subject } = rule;
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                yield* judgeAuthority(rule);
                yield* judgeRedirect(rule, exposed);
                yield* judgeCors(rule);
                const isEntry = rule.gateways.some((gateway) => gateway !== "mesh" && !mutual.has(gateway));
                if (!isEntry) return;
                yield* judgeHosts(world, rule, config);
            });
        }
    },
});

function* judgeAuthority({ subject, authority, hosts, targets }: RoutingRule): Iterable<Finding> {
    if (authority === undefined) return;
    const name = authority.host.replace(/:\d+$/, "").toLowerCase();
    const own = [...hosts, ...targets.map(({ host }) => host)].map((host) => host.toLowerCase());
    if (own.includes(name)) return;
    yield {
        subject,
        wrong: `${authority.path} makes requests for ${hosts.join(" and ") || "its hosts"} ones for ${authority.host}, which is neither a host of the route nor where it leads`,
        fix: "remove it, or write the host of the route's destination.",
    };
}

function* judgeRedirect(
    { subject, redirect, hosts }: RoutingRule,
    exposed: ReadonlySet<string>,
): Iterable<Finding> {
    if (redirect === undefined) return;
    const name = redirect.host.replace(/:\d+$/, "").toLowerCase();
    if (hosts.includes(name) || exposed.has(name) || hosts.some((host) => siteOf(host) === siteOf(name)))
        return;
    yield {
        subject,
        wrong: `${redirect.path} sends clients of ${hosts.join(" and ") || "its hosts"} to ${redirect.host}, which is no host of this mesh or of the same domain`,
        fix: "redirect to a host of your own, or list the route under this policy's exceptions.",
    };
}

/** The last two labels of a host. */
function siteOf(host: string): string {
    return host.toLowerCase().split(".").slice(-2).join(".");
}

function* judgeHosts(world: World, rule: RoutingRule, { hosts: listed }: Config): Iterable<Finding> {
    if (listed.length === 0) return;
    const { subject, hosts, targets, mirrors, delegate } = rule;
    for (const host of hosts) {
        const service = listed.find((entry) => entry.host.toLowerCase() === host.toLowerCase())?.service;
        if (service === undefined) {
            if (host.endsWith(".svc.cluster.local")) continue;
            yield {
                subject,
                wrong: `${rule.path} is for ${host} at ${rule.gateways.join(" and ")}, and no service is listed for that host`,
                fix: "remove the host, or list it with its service for this policy.",
            };
            continue;
        }
        const family = familyOf(world, service);
        const astray: Target[] = [...targets, ...mirrors].filter((target) => !family.has(target.host));
        if (
            delegate !== undefined &&
            !family.has(`${delegate.name}.${delegate.namespace}.svc.cluster.local`)
        ) {
            astray.push({ path: delegate.path, host: `${delegate.namespace}/${delegate.name}` });
        }
        for (const target of astray) {
            yield {
                subject,
                wrong: `${target.path} leads requests for ${host} to ${target.host}, and ${service} is the service of that host`,
                fix: `lead them to ${service}, or list another service for the host.`,
            };
        }
    }
}
