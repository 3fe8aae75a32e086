/** All exposures in front of one real application: for each a gateway's listener and a sidecar's, in one Envoy. */
import type { Manifest } from "../../../components/base/manifest";
import { ENTRY_GATEWAYS, NAMESPACES, principal } from "../../../components/base/names";
import { type Answer, type RawRequest, ask } from "../../support/envoy/client";
import { RUNTIME, cluster } from "../../support/envoy/edge";
import { createAuthority } from "../../support/envoy/identities";
import { type Json, listener } from "../../support/envoy/patched";
import { allowFilter, jwtFilter } from "../../support/envoy/policies";
import { freePorts, startEnvoy } from "../../support/envoy/program";
import type { ExposedHost } from "./exposures";

export interface Chain {
    /** Through the gateway's listener of this exposure. */
    enter(exposed: ExposedHost, request: RawRequest): Promise<Answer>;
    stop(): Promise<void>;
}

/**
 * Starts Envoy.
 *
 * @param app the application's port
 */
export async function startChain(
    program: string,
    objects: readonly Manifest[],
    hosts: readonly ExposedHost[],
    app: number,
): Promise<Chain> {
    const ports = await freePorts(2 * hosts.length);
    const entries = new Map<ExposedHost, number>();
    const listeners: Json[] = [];
    const clusters = [cluster("app", app)];
    const authority = await createAuthority();
    const domain = { trustDomain: "cluster.local" };
    for (const [index, exposed] of hosts.entries()) {
        const [atGateway = 0, atSidecar = 0] = ports.slice(2 * index);
        const { gateway: key, service, port, label, jwt } = exposed;
        const gateway = ENTRY_GATEWAYS[key];
        const sidecar = `sidecar-${label}`;
        listeners.push(
            {
                ...listener(objects, {
                    namespace: NAMESPACES.ingress,
                    workload: gateway,
                    context: "GATEWAY",
                    filters: [
                        // `foreign-tokens` turns it off on the routes of exposures that take no JWT.
                        ...(jwt ? jwtFilter(objects, NAMESPACES.ingress, gateway) : []),
                        allowFilter(objects, NAMESPACES.ingress, gateway),
                    ],
                    cluster: sidecar,
                    listen: atGateway,
                }),
                name: `gateway-${label}`,
            },
            {
                ...listener(objects, {
                    namespace: NAMESPACES.services,
                    workload: service,
                    context: "SIDECAR_INBOUND",
                    port,
                    filters: [allowFilter(objects, NAMESPACES.services, service)],
                    cluster: "app",
                    listen: atSidecar,
                    transport: await authority.server(principal(domain, NAMESPACES.services, service)),
                }),
                name: sidecar,
            },
        );
        const transport = await authority.client(principal(domain, NAMESPACES.ingress, gateway));
        clusters.push({ ...cluster(sidecar, atSidecar), transport_socket: transport });
        entries.set(exposed, atGateway);
    }
    const bootstrap = { layered_runtime: RUNTIME, static_resources: { listeners, clusters } };
    const envoy = await startEnvoy(program, bootstrap, ports[0] ?? 0);
    return {
        enter: (exposed, request) => ask(entries.get(exposed) ?? 0, request),
        stop: () => envoy.stop(),
    };
}

/** The objects without the filter of that name in any listener, for proofs that the filter matters. */
export function withoutFilter(objects: readonly Manifest[], name: string): Manifest[] {
    return objects.map((object) => {
        if (object.kind !== "EnvoyFilter") return object;
        const filter = object;
        const configPatches = (filter.spec.configPatches ?? []).filter(
            ({ patch }) => (patch?.value as { name?: string } | undefined)?.name !== name,
        );
        return { ...filter, spec: { ...filter.spec, configPatches } };
    });
}
