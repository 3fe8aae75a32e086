/** Hosts that gateways expose, and the authorization rules that allow requests to them. */
import { actionOf, AUTHORIZATION, type AuthorizationRule, rulesOf } from "./authorization";
import { policiesAt } from "./gateway-proxies";
import { INGRESS, KUBERNETES_GATEWAY, LISTENER_SETS, listenersOf } from "./listeners";
import { matchesHost } from "./patterns";
import { type Fields, labelsAt, texts } from "./read";
import { dnsNamesOf, serversBehind, serversOf } from "./servers";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

export interface ExposedHost {
    readonly gateway: Subject;
    readonly host: string;
    readonly port: number;
    readonly protocol: "http" | "tls" | "redirect";
    /** Whether only clients in the mesh can connect: an egress gateway with ISTIO_MUTUAL. */
    readonly meshClientsOnly: boolean;
    /** Whether clients must present a certificate of a CA that the server names. */
    readonly requiresClientCertificate: boolean;
    /** Whether it is the only host of its port, so that a rule for the port is a rule for the host. */
    readonly isOnlyHostOfPort: boolean;
}

/**
 * Kinds that accept requests from outside the cluster: Istio Gateways, Gateway API Gateways, and Ingresses of
 * class `istio`.
 */
const INGRESS_KINDS: readonly string[] = [
    "networking.istio.io/Gateway",
    KUBERNETES_GATEWAY,
    ...LISTENER_SETS,
    INGRESS,
];

/** Every exposed host of every gateway. */
export function exposures(stack: StackResources): readonly ExposedHost[] {
    return stack.collect("exposures", stack.all(...INGRESS_KINDS), (gateway) =>
        gateway.id === "networking.istio.io/Gateway"
            ? exposuresOf(stack, gateway)
            : listenersOf(stack, gateway).map((listener) => ({
                  gateway,
                  ...listener,
                  meshClientsOnly: false,
                  requiresClientCertificate: false,
                  isOnlyHostOfPort: false,
              })),
    );
}

function exposuresOf(stack: StackResources, gateway: Subject): readonly ExposedHost[] {
    return serversOf(gateway).flatMap((server) => {
        const { port = 0, isIstioMutual, isRedirect, readsHttp, requiresClientCertificate } = server;
        const hosts = hostsAt(stack, labelsAt(gateway.spec, "selector"), port);
        return dnsNamesOf(server).map((host) => ({
            gateway,
            host,
            port,
            protocol: isRedirect ? ("redirect" as const) : readsHttp ? ("http" as const) : ("tls" as const),
            meshClientsOnly: isIstioMutual,
            requiresClientCertificate,
            isOnlyHostOfPort: hosts.size === 1,
        }));
    });
}

/** Every host on one port of a gateway's proxies. */
function hostsAt(
    stack: StackResources,
    selector: Readonly<Record<string, string>>,
    port: number,
): ReadonlySet<string> {
    const servers = serversBehind(stack, selector);
    return new Set(servers.filter((server) => server.port === port).flatMap(dnsNamesOf));
}

/** One way to reach a host: an operation in a rule of an ALLOW policy. */
export interface AllowedOperation {
    readonly policy: Subject;
    readonly rule: AuthorizationRule;
    /** Empty if the rule has no `to`. */
    readonly operation: Fields;
}

/** The ALLOW rules at a gateway that match an exposed host. A rule without hosts and ports matches all of them. */
export function grantsAt(stack: StackResources, exposure: ExposedHost): readonly AllowedOperation[] {
    return policiesAt(stack, exposure.gateway, AUTHORIZATION).flatMap((policy) =>
        actionOf(policy) === "ALLOW" ? grantsOf(policy, exposure) : [],
    );
}

export function grantsOf(
    policy: Subject,
    { host, port }: Pick<ExposedHost, "host" | "port">,
): readonly AllowedOperation[] {
    return rulesOf(policy).flatMap((rule) => {
        const operations: readonly Fields[] =
            rule.operations.length === 0 ? [{}] : rule.operations.map(({ fields }) => fields);
        const names = rule.conditions
            .filter(({ key }) => key === "connection.sni")
            .flatMap(({ values }) => values);
        return operations
            .filter((operation) => {
                const ports = texts(operation["ports"]);
                const hosts = [...texts(operation["hosts"]), ...names];
                return (
                    (ports.length === 0 || ports.includes(String(port))) &&
                    (hosts.length === 0 || hosts.some((pattern) => matchesHost(pattern, host)))
                );
            })
            .map((operation) => ({ policy, rule, operation }));
    });
}
