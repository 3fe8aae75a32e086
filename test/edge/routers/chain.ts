/** All exposures with one real application: for each a gateway's and a sidecar's listener, in one Envoy. */
import type { Manifest } from "../../../components/base/manifest";
import { INGRESS_GATEWAYS, NAMESPACES, principal } from "../../../components/base/names";
import { type HttpResponse, type RawRequest, sendRequest } from "../../support/envoy/client";
import { RUNTIME, cluster } from "../../support/envoy/edge";
import { createAuthority } from "../../support/envoy/identities";
import { type Json, listener } from "../../support/envoy/patched";
import { allowFilter, jwtFilter } from "../../support/envoy/policies";
import { freePorts, startEnvoy } from "../../support/envoy/program";
import type { ExposedHost } from "./exposures";

export interface Chain {
    /** Sends a request through this exposure's gateway listener. */
    enter(exposed: ExposedHost, request: RawRequest): Promise<HttpResponse>;
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
        const gateway = INGRESS_GATEWAYS[key];
        const sidecar = `sidecar-${label}`;
        listeners.push(
            {
                ...listener(objects, {
                    namespace: NAMESPACES.ingress,
                    workload: gateway,
                    context: "GATEWAY",
                    filters: [
                        // `foreign-tokens` disables it on the routes of exposures without JWTs.
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
        enter: (exposed, request) => sendRequest(entries.get(exposed) ?? 0, request),
        stop: () => envoy.stop(),
    };
}

/** The objects without the named filter in any listener, to test that the filter matters. */
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
