import type { Asked, Port } from "../../catalogue/model";
import { groupBy } from "../../catalogue/order";
import {
    type Edge,
    type ExposureEdge,
    edges,
    exposures,
    operations,
    storeEdges,
} from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS } from "../base/labels";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import {
    ENTRY_GATEWAYS,
    HEALTH_PORT,
    MESHED_NAMESPACES,
    NAMESPACES,
    PROMETHEUS_ACCOUNT,
    hostHeaders,
    principal,
} from "../base/names";
import { type Rewrite, seenPaths } from "../base/paths";
import type { Platform } from "../base/platform";
import { type Rule, allow, allowName } from "./allow";
import { gatewayPolicies } from "./at-gateway";
import { limiterPolicies } from "./limiter";

/** The name of the policies that deny what no other allows, in the mesh and in the network. */
export const DENY_ALL = "deny-all";

/**
 * Who may ask whom for what: nothing, but for an ALLOW per caller and callee with a rule for each of its calls.
 * An ALLOW names its source by principal, so that it holds only for a caller that mutual TLS has identified.
 */
export function authorizationPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    const { catalogue, config } = platform;
    const calls = groupBy(edges(catalogue), ({ callee, caller }) => allowName(callee, caller));
    const stores = groupBy(storeEdges(catalogue), ({ store, caller }) => allowName(store, caller));
    const exposed = groupBy(exposures(catalogue), ({ service, exposure }) =>
        allowName(service, ENTRY_GATEWAYS[exposure.gateway]),
    );
    return [
        ...[NAMESPACES.system, ...MESHED_NAMESPACES].map(denyAll),
        ...[NAMESPACES.services, NAMESPACES.stores].map((namespace) => metrics(namespace, config)),
        ...[...calls].map(([name, group]) => {
            const rules = group.map((edge) => callRule(edge, config));
            return allow(name, NAMESPACES.services, group[0].callee, rules);
        }),
        ...[...stores].map(([name, group]) => {
            const caller = principal(config, NAMESPACES.services, group[0].caller);
            const rules = group.map(({ port }) => rule(caller, port, {}));
            return allow(name, NAMESPACES.stores, group[0].store, rules);
        }),
        ...[...exposed].map(([name, group]) => {
            const rules = group.map((edge) => exposureRule(edge, config));
            return allow(name, NAMESPACES.services, group[0].service, rules);
        }),
        ...gatewayPolicies(platform),
        ...limiterPolicies(platform),
    ];
}

/** An ALLOW policy without rules matches nothing, and where one exists, what matches none is denied. */
function denyAll(namespace: string): AuthorizationPolicyManifest {
    return {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: {
            name: DENY_ALL,
            namespace,
            labels: COMMON_LABELS,
            // It is there before the first workload, of which `istioctl analyze` would warn.
            annotations: { "galley.istio.io/analyze-suppress": "IST0127" },
        },
        spec: {},
    };
}

function callRule({ caller, callee, port, call }: Edge, config: MeshConfig): Rule {
    return rule(principal(config, NAMESPACES.services, caller), port, call, rewritesOf(callee, config));
}

/**
 * A gateway keeps the Host header, and its identity is the same for all of its hosts. The rule therefore names the host:
 * what one exposure opens at the service, a request under another exposure's host does not reach, even where the
 * service's proxy reads the path differently than the gateway did.
 */
function exposureRule({ service, exposure, port }: ExposureEdge, config: MeshConfig): Rule {
    const gateway = principal(config, NAMESPACES.ingress, ENTRY_GATEWAYS[exposure.gateway]);
    const opened = rule(gateway, port, exposure, rewritesOf(service, config));
    // Of TCP the service's proxy sees no host, and an exposure opens the whole port.
    if (port.protocol === "tcp") return opened;
    const hosts = hostHeaders(config, exposure.host);
    return { ...opened, to: opened.to.map(({ operation }) => ({ operation: { ...operation, hosts } })) };
}

/** What the stack has callers' proxies make of paths before the service sees them. */
function rewritesOf(service: string, { traffic }: MeshConfig): readonly Rewrite[] {
    return traffic.services[service]?.rewrites ?? [];
}

function rule(
    source: string,
    port: Port,
    asked: Asked,
    rewrites: readonly Rewrite[] = [],
): Rule & { to: { operation: Operation }[] } {
    return {
        from: [{ source: { principals: [source] } }],
        to: operationsOn(port, asked).map((operation) => ({
            operation: {
                ports: [String(port.number)],
                ...operation,
                ...(operation.paths === undefined ? {} : { paths: seenPaths(operation.paths, rewrites) }),
            },
        })),
    };
}

type Operation = NonNullable<NonNullable<Rule["to"]>[number]["operation"]>;

/**
 * What is asked, for `to`. Istio reads an empty list as "anything"; `operations` refuses to answer where nothing is
 * asked of a port whose requests the mesh can see.
 */
function operationsOn(port: Port, asked: Asked): Operation[] {
    // Of TCP the mesh sees connections only; HTTP fields would never match.
    if (port.protocol === "tcp") return [{}];
    return operations(port, asked).map(({ methods, paths }) => ({
        methods: [...methods],
        paths: [...paths],
    }));
}

/** Prometheus, and nobody else, reads the applications' own metrics. */
function metrics(namespace: string, config: MeshConfig): AuthorizationPolicyManifest {
    const source = { principals: [principal(config, NAMESPACES.monitoring, PROMETHEUS_ACCOUNT)] };
    const operation = { ports: [String(HEALTH_PORT.number)], methods: ["GET"], paths: ["/metrics"] };
    return {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: { name: "metrics-from-prometheus", namespace, labels: COMMON_LABELS },
        spec: { action: "ALLOW", rules: [{ from: [{ source }], to: [{ operation }] }] },
    };
}
