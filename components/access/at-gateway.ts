import type { Asked, Exposure, Scoped } from "../../catalogue/model";
import { unknownCase } from "../../catalogue/never";
import { type ExposureEdge, exposures, operations } from "../../catalogue/query";
import { type Claim, claimPath } from "../../config/edge";
import type { MeshConfig } from "../../config/schema";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import {
    ENTRY_GATEWAYS,
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

/** Who a client must be: where it comes from, whose token it has, and what that says. */
type Credentials = Pick<Rule, "from" | "when">;

/**
 * What each gateway lets in: under an exposed host only the requests exposed there, of clients that prove who they are
 * as the exposure asks; on an exposed port of its own, connections; and plain HTTP, only to be told to come by HTTPS.
 */
export function gatewayPolicies({ catalogue, config }: Platform): AuthorizationPolicyManifest[] {
    const all = exposures(catalogue);
    return [
        ...all.map((edge) => {
            const { gateway, host } = edge.exposure;
            const name = `${ENTRY_GATEWAYS[gateway]}-to-${edge.service}-${host}`;
            return atGateway(
                name,
                gateway,
                edge.port.protocol === "tcp" ? connections(edge, config) : asked(edge, config),
            );
        }),
        ...GATEWAY_KEYS.flatMap((key) => {
            const own = all.filter(
                ({ exposure, port }) => exposure.gateway === key && port.protocol !== "tcp",
            );
            return own.length > 0 ? [redirect(key, own, config)] : [];
        }),
    ];
}

/**
 * Of TCP the gateway sees no more than its port and the name in the TLS greeting; who the device is, is between it and its
 * service. The port alone would not do: where the PROXY protocol is spoken, whoever reaches the pod past the load balancer
 * may claim any, and so pass an HTTP request off as one to this port.
 */
function connections({ exposure }: ExposureEdge, config: MeshConfig): Rule[] {
    const to = [{ operation: { ports: [String(exposure.listen)] } }];
    const named: Rule = {
        to,
        when: [{ key: "connection.sni", values: [exposedHost(config, exposure.host)] }],
    };
    if (exposure.withoutSni !== true) return [named];
    // The port claimed or real, what has no name comes to this host, or to the redirect: HTTPS demands a name.
    return [named, { to, when: [{ key: "connection.sni", notValues: ["*"] }] }];
}

function asked(edge: ExposureEdge, config: MeshConfig): Rule[] {
    const { exposure, port } = edge;
    const groups: readonly (Asked & Partial<Scoped>)[] = [withoutScope(edge), ...(exposure.scopes ?? [])];
    // No rule for preflights: the gateway answers those of listed origins before any policy decides (edge/cors.ts).
    return groups
        .filter(({ requests, methods }) => port.protocol === "ws" || (requests ?? methods ?? []).length > 0)
        .flatMap((group) =>
            credentials(edge, config).map(({ from, when = [] }): Rule => {
                const scope = group.scope === undefined ? [] : [claimed("scope", group.scope)];
                const conditions = [...when, ...scope, ...handshake(edge, config)];
                return {
                    ...(from === undefined ? {} : { from }),
                    to: on(edge, config, operations(port, group)),
                    ...(conditions.length > 0 ? { when: conditions } : {}),
                };
            }),
        );
}

/**
 * Where a client certificate is demanded, the handshake must have been with this host's own listener: should a route ever lead here
 * from another host's, no certificate was asked for.
 */
function handshake({ exposure }: ExposureEdge, config: MeshConfig): Condition[] {
    if (exposure.clientCertificate === undefined) return [];
    return [{ key: "connection.sni", values: [exposedHost(config, exposure.host)] }];
}

/** What of an exposure takes no certain scope. */
function withoutScope({ exposure: { requests, methods, scopes = [] } }: ExposureEdge): Asked {
    const scoped = new Set<string>(
        scopes.flatMap((one) => [...(one.requests ?? []), ...(one.methods ?? [])]),
    );
    return {
        ...(requests && { requests: requests.filter((request) => !scoped.has(request)) }),
        ...(methods && { methods: methods.filter((method) => !scoped.has(method)) }),
    };
}

/**
 * Who may ask: any one of these. A network is that of the connection, or what the PROXY protocol says of it (`ipBlocks`
 * would be the load balancer's), never X-Forwarded-For, which is the client's own word: no proxy before the gateway is
 * trusted to have written it. Behind the admin gateway are all tenants, so that it takes the role
 * of staff as well; each issuer may have its own claim for it.
 */
function credentials({ exposure }: ExposureEdge, { edge }: MeshConfig): Credentials[] {
    const networks = exposure.gateway === "admin" ? { remoteIpBlocks: edge.adminNetworks } : {};
    switch (exposure.authentication) {
        case "jwt":
            return withToken(exposure, edge);
        case "signed":
        case "none":
        case "device":
            return [exposure.gateway === "admin" ? { from: [{ source: networks }] } : {}];
        default:
            return unknownCase(exposure.authentication);
    }
}

function withToken({ gateway }: Exposure, edge: MeshConfig["edge"]): Credentials[] {
    if (gateway !== "admin") {
        return [{ from: [{ source: { requestPrincipals: edge.issuers.map(anyOf) } }] }];
    }
    const networks = { remoteIpBlocks: edge.adminNetworks };
    return edge.issuers.map((issuer) => ({
        from: [{ source: { requestPrincipals: [anyOf(issuer)], ...networks } }],
        // The issuer once more, as a claim: it is compared as a whole, however a version of Istio reads `https://a/*` as a
        // principal, beside an issuer https://a/b.
        when: [claimed("iss", issuer.issuer), claimed(issuer.claims.roles, edge.adminRole)],
    }));
}

/** A request's principal is its token's issuer and subject. */
function anyOf({ issuer }: { readonly issuer: string }): string {
    return `${issuer}/*`;
}

/** That a claim, which may be a list, and may lie inside another, holds a value. */
function claimed(claim: Claim, value: string): Condition {
    const path = claimPath(claim).map((part) => `[${part}]`);
    return { key: `request.auth.claims${path.join("")}`, values: [value] };
}

function on(
    { exposure }: ExposureEdge,
    config: MeshConfig,
    some: readonly { readonly methods: readonly string[]; readonly paths: readonly string[] }[],
): To {
    const ports = [String(GATEWAY_PORTS.https)];
    return some.map(({ methods, paths }) => ({
        operation: {
            hosts: hostHeaders(config, exposure.host),
            ports,
            methods: [...methods],
            paths: [...paths],
        },
    }));
}

/**
 * Nothing is routed on that port: whoever comes is sent to HTTPS. A request inside TLS is none to this port, whatever the
 * PROXY protocol claims: TLS that carries HTTP always has a name in its greeting.
 */
function redirect(
    key: GatewayKey,
    edges: readonly ExposureEdge[],
    config: MeshConfig,
): AuthorizationPolicyManifest {
    const hosts = edges.flatMap(({ exposure }) => hostHeaders(config, exposure.host));
    return atGateway(`${ENTRY_GATEWAYS[key]}-redirect`, key, [
        {
            to: [{ operation: { hosts, ports: [String(GATEWAY_PORTS.http)] } }],
            when: [{ key: "connection.sni", notValues: ["*"] }],
        },
    ]);
}

function atGateway(name: string, gateway: GatewayKey, rules: Rule[]): AuthorizationPolicyManifest {
    return allow(name, NAMESPACES.ingress, ENTRY_GATEWAYS[gateway], rules);
}
