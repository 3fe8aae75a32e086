import type { OperationSet, Exposure, Scoped } from "../../catalogue/model";
import { unknownCase } from "../../catalogue/never";
import { type ExposureEdge, exposures, wireOperations } from "../../catalogue/query";
import { type Claim, claimPath } from "../../config/edge";
import type { MeshConfig } from "../../config/schema";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import {
    INGRESS_GATEWAYS,
    GATEWAY_KEYS,
    GATEWAY_PORTS,
    type GatewayKey,
    NAMESPACES,
    exposedHost,
    hostHeaders,
} from "../base/names";
import type { Platform } from "../base/platform";
import { type Rule, allow } from "./allow";

type To = NonNullable<Rule["to"]>;
type Condition = NonNullable<Rule["when"]>[number];

/** Conditions on the client: its address, its token's issuer, and the token's claims. */
type Credentials = Pick<Rule, "from" | "when">;

/**
 * Authorization at the gateways. Under an exposed host only the exposed requests are allowed, from clients with the
 * required credentials; on an exposed TCP port, connections; on the plain HTTP port, only what is redirected to
 * HTTPS.
 */
export function gatewayPolicies({ catalogue, config }: Platform): AuthorizationPolicyManifest[] {
    const all = exposures(catalogue);
    return [
        ...all.map((edge) => {
            const { gateway, host } = edge.exposure;
            // Neither part has a dot: host `b-c` of service `a` is not host `c` of service `a-b`.
            const name = `${INGRESS_GATEWAYS[gateway]}-to-${edge.service}.${host}`;
            return atGateway(
                name,
                gateway,
                edge.port.protocol === "tcp" ? connectionRules(edge, config) : requestRules(edge, config),
            );
        }),
        ...GATEWAY_KEYS.flatMap((key) => {
            const gatewayEdges = all.filter(
                ({ exposure, port }) => exposure.gateway === key && port.protocol !== "tcp",
            );
            return gatewayEdges.length > 0 ? [redirect(key, gatewayEdges, config)] : [];
        }),
    ];
}

/**
 * For TCP the gateway sees only the port and the SNI; authentication is between the device and its service. The port
 * alone is not enough: with the PROXY protocol, a client that reaches the pod without the load balancer can claim any
 * port, and so send an HTTP request as a connection to this one.
 */
function connectionRules({ exposure }: ExposureEdge, config: MeshConfig): Rule[] {
    const to = [{ operation: { ports: [String(exposure.listen)] } }];
    const named: Rule = {
        to,
        when: [{ key: "connection.sni", values: [exposedHost(config, exposure.host)] }],
    };
    if (exposure.withoutSni !== true) return [named];
    // Whether the port is real or claimed, a connection without SNI goes to this host or to the redirect: HTTPS
    // requires SNI.
    return [named, { to, when: [{ key: "connection.sni", notValues: ["*"] }] }];
}

function requestRules(edge: ExposureEdge, config: MeshConfig): Rule[] {
    const { exposure, port } = edge;
    const groups: readonly (OperationSet & Partial<Scoped>)[] = [
        withoutScope(edge),
        ...(exposure.scopes ?? []),
    ];
    // Preflights need no rule: the gateway answers those from listed origins before it evaluates policies
    // (edge/cors.ts).
    return groups
        .filter(({ requests, methods }) => port.protocol === "ws" || (requests ?? methods ?? []).length > 0)
        .flatMap((group) =>
            credentials(edge, config).map(({ from, when = [] }): Rule => {
                const scope = group.scope === undefined ? [] : [hasClaim("scope", group.scope)];
                const conditions = [...when, ...scope, ...handshake(edge, config)];
                return {
                    ...(from === undefined ? {} : { from }),
                    to: operationsAt(edge, config, wireOperations(port, group)),
                    ...(conditions.length > 0 ? { when: conditions } : {}),
                };
            }),
        );
}

/**
 * If the host requires a client certificate, the TLS handshake must have been with this host's listener: if a route
 * ever led here from another host's listener, the gateway would not have requested a certificate.
 */
function handshake({ exposure }: ExposureEdge, config: MeshConfig): Condition[] {
    if (exposure.clientCertificate === undefined) return [];
    return [{ key: "connection.sni", values: [exposedHost(config, exposure.host)] }];
}

/** The operations of an exposure that require no scope. */
function withoutScope({ exposure: { requests, methods, scopes = [] } }: ExposureEdge): OperationSet {
    const scoped = new Set<string>(
        scopes.flatMap((one) => [...(one.requests ?? []), ...(one.methods ?? [])]),
    );
    return {
        ...(requests && { requests: requests.filter((request) => !scoped.has(request)) }),
        ...(methods && { methods: methods.filter((method) => !scoped.has(method)) }),
    };
}

/**
 * The accepted clients: any one of these matches. CIDR blocks apply to the connection's address, or to that in the
 * PROXY protocol header (`ipBlocks` would apply to the load balancer's), never to X-Forwarded-For, which the client
 * controls: no proxy in front of the gateway is trusted to set it. The admin gateway serves all tenants, so it also
 * requires the staff's role, whose claim each issuer can name differently.
 */
function credentials({ exposure }: ExposureEdge, { edge }: MeshConfig): Credentials[] {
    const addresses = exposure.gateway === "admin" ? { remoteIpBlocks: edge.adminCidrs } : {};
    switch (exposure.authentication) {
        case "jwt":
            return withToken(exposure, edge);
        case "signed":
        case "none":
        case "device":
            return [exposure.gateway === "admin" ? { from: [{ source: addresses }] } : {}];
        default:
            return unknownCase(exposure.authentication);
    }
}

function withToken({ gateway }: Exposure, edge: MeshConfig["edge"]): Credentials[] {
    if (gateway !== "admin") {
        return [{ from: [{ source: { requestPrincipals: edge.issuers.map(principalOf) } }] }];
    }
    const addresses = { remoteIpBlocks: edge.adminCidrs };
    return edge.issuers.map((issuer) => ({
        from: [{ source: { requestPrincipals: [principalOf(issuer)], ...addresses } }],
        // Also compares the issuer as a claim, which is an exact match. Versions of Istio differ in how they match a
        // principal `https://a/*` when another issuer is https://a/b.
        when: [hasClaim("iss", issuer.issuer), hasClaim(issuer.claims.roles, edge.adminRole)],
    }));
}

/** A request's principal is its token's issuer and subject. */
function principalOf({ issuer }: { readonly issuer: string }): string {
    return `${issuer}/*`;
}

/** Matches if a claim, which can be a list or nested, contains a value. */
function hasClaim(claim: Claim, value: string): Condition {
    const path = claimPath(claim).map((part) => `[${part}]`);
    return { key: `request.auth.claims${path.join("")}`, values: [value] };
}

function operationsAt(
    { exposure }: ExposureEdge,
    config: MeshConfig,
    operations: readonly { readonly methods: readonly string[]; readonly paths: readonly string[] }[],
): To {
    const ports = [String(GATEWAY_PORTS.https)];
    return operations.map(({ methods, paths }) => ({
        operation: {
            hosts: hostHeaders(config, exposure.host),
            ports,
            methods: [...methods],
            paths: [...paths],
        },
    }));
}

/**
 * Nothing is routed on the plain HTTP port: every request is redirected to HTTPS. A request inside TLS never arrives
 * at this port, whatever the PROXY protocol header claims: HTTPS always has SNI.
 */
function redirect(
    key: GatewayKey,
    edges: readonly ExposureEdge[],
    config: MeshConfig,
): AuthorizationPolicyManifest {
    const hosts = edges.flatMap(({ exposure }) => hostHeaders(config, exposure.host));
    return atGateway(`${INGRESS_GATEWAYS[key]}-redirect`, key, [
        {
            to: [{ operation: { hosts, ports: [String(GATEWAY_PORTS.http)] } }],
            when: [{ key: "connection.sni", notValues: ["*"] }],
        },
    ]);
}

function atGateway(name: string, gateway: GatewayKey, rules: Rule[]): AuthorizationPolicyManifest {
    return allow(name, NAMESPACES.ingress, INGRESS_GATEWAYS[gateway], rules);
}
