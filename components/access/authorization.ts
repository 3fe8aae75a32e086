import type { OperationSet, Port } from "../../catalogue/model";
import { groupBy } from "../../catalogue/order";
import {
    type Edge,
    type ExposureEdge,
    edges,
    exposures,
    peerEdges,
    wireOperations,
    storeEdges,
} from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS } from "../base/labels";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import {
    DENY_ALL,
    INGRESS_GATEWAYS,
    HEALTH_PORT,
    MESHED_NAMESPACES,
    NAMESPACES,
    PROMETHEUS_ACCOUNT,
    allowName,
    hostHeaders,
    principal,
} from "../base/names";
import { type Rewrite, pathsAtService } from "../shared/routing/paths";
import type { Platform } from "../base/platform";
import { type Rule, allow } from "./allow";
import { gatewayPolicies } from "./gateway-policies";
import { limiterPolicies } from "./limiter";

/**
 * Authorization between services: deny by default, and an ALLOW per caller and callee with a rule for each of its
 * calls. An ALLOW matches the source by principal, so it only applies to callers that mutual TLS has authenticated.
 */
export function authorizationPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    const { catalogue, config } = platform;
    const calls = groupBy(edges(catalogue), ({ callee, caller }) => allowName(callee, caller));
    const stores = groupBy(storeEdges(catalogue), ({ store, caller }) => allowName(store, caller));
    const exposed = groupBy(exposures(catalogue), ({ service, exposure }) =>
        allowName(service, INGRESS_GATEWAYS[exposure.gateway]),
    );
    return [
        ...[NAMESPACES.system, ...MESHED_NAMESPACES].map(denyAll),
        ...[NAMESPACES.services, NAMESPACES.stores].map((namespace) => metrics(namespace, config)),
        ...[...calls].map(([name, group]) => {
            const rules = group.map((edge) => callRule(edge, config));
            return allow(name, NAMESPACES.services, group[0].callee, rules);
        }),
        ...[...groupBy(peerEdges(catalogue), ({ service }) => service)].map(([service, group]) => {
            const replica = principal(config, NAMESPACES.services, service);
            const rules = group.map(({ port }) => rule(replica, port, {}));
            return allow(allowName(service, service), NAMESPACES.services, service, rules);
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

/**
 * An ALLOW policy without rules matches nothing, and once a workload has an ALLOW policy, requests that match none
 * are denied.
 */
function denyAll(namespace: string): AuthorizationPolicyManifest {
    return {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: {
            name: DENY_ALL,
            namespace,
            labels: COMMON_LABELS,
            // Suppresses the warning of `istioctl analyze` that no workload matches: the policy exists before the
            // first workload.
            annotations: { "galley.istio.io/analyze-suppress": "IST0127" },
        },
        spec: {},
    };
}

function callRule({ caller, callee, port, call }: Edge, config: MeshConfig): Rule {
    return rule(principal(config, NAMESPACES.services, caller), port, call, rewritesOf(callee, config));
}

/**
 * A gateway preserves the Host header, and has the same identity for all of its hosts. The rule therefore matches the
 * host: a request under another exposure's host cannot use what this one allows, even if the service's proxy
 * interprets the path differently than the gateway.
 */
function exposureRule({ service, exposure, port }: ExposureEdge, config: MeshConfig): Rule {
    const gateway = principal(config, NAMESPACES.ingress, INGRESS_GATEWAYS[exposure.gateway]);
    const exposed = rule(gateway, port, exposure, rewritesOf(service, config));
    // For TCP the service's proxy sees no host, and an exposure allows the whole port.
    if (port.protocol === "tcp") return exposed;
    const hosts = hostHeaders(config, exposure.host);
    return { ...exposed, to: exposed.to.map(({ operation }) => ({ operation: { ...operation, hosts } })) };
}

/** The stack's rewrites, which callers' proxies apply before the service sees the path. */
function rewritesOf(service: string, { traffic }: MeshConfig): readonly Rewrite[] {
    return traffic.services[service]?.rewrites ?? [];
}

function rule(
    source: string,
    port: Port,
    operations: OperationSet,
    rewrites: readonly Rewrite[] = [],
): Rule & { to: { operation: Operation }[] } {
    return {
        from: [{ source: { principals: [source] } }],
        to: operationsOn(port, operations).map((operation) => ({
            operation: {
                ports: [String(port.number)],
                ...operation,
                ...(operation.paths === undefined
                    ? {}
                    : { paths: pathsAtService(operation.paths, rewrites) }),
            },
        })),
    };
}

type Operation = NonNullable<NonNullable<Rule["to"]>[number]["operation"]>;

/**
 * The operations in an AuthorizationPolicy's `to`. Istio interprets an empty list as "anything"; `operations` throws
 * if a port whose requests the mesh can see has none.
 */
function operationsOn(port: Port, operations: OperationSet): Operation[] {
    // For TCP the mesh sees only connections; HTTP fields would never match.
    if (port.protocol === "tcp") return [{}];
    return wireOperations(port, operations).map(({ methods, paths }) => ({
        methods: [...methods],
        paths: [...paths],
    }));
}

/** Only Prometheus can scrape the applications' metrics. */
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
