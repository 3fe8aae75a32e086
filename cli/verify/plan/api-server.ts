/**
 * Checks that no sidecar has a route to the API server, by its Service name or by any of the endpoints that the cluster
 * lists: no service declares it.
 */
import type { Catalogue } from "../../../catalogue/model";
import { EGRESS_GATEWAY, NAMESPACES } from "../../../components/base/names";
import type { Cluster } from "../../lib/cluster/cluster";
import type { Check, Destination, EgressTarget, Source, Unchecked } from "../model";
import type { EgressPlan } from "./egress";
import { UNKNOWN_WORKLOAD, serviceSource } from "./endpoints";

/** The used fields of the EndpointSlice `default/kubernetes`, which the API server maintains. */
interface EndpointSlice {
    readonly endpoints?: readonly { readonly addresses?: readonly string[] }[];
    readonly ports?: readonly { readonly port?: number }[];
}

const BY_NAME = { host: "kubernetes.default.svc.cluster.local", port: 443 } as const;

/** What no run can check. */
const NOT_ENFORCED: Unchecked = {
    part: "traffic that only NetworkPolicies deny, such as a connection to the API server that bypasses the sidecar",
    reason: "requests pass through sidecars, which block them first; test/live/network-policy.test.ts tests the policies with cyclonus",
    requested: true,
};

export async function planApiServer(cluster: Cluster, catalogue: Catalogue): Promise<EgressPlan> {
    const slices = (await cluster.list("EndpointSlice", {
        namespace: "default",
        labelSelector: "kubernetes.io/service-name=kubernetes",
    })) as EndpointSlice[];
    const addresses = slices.flatMap(({ endpoints = [], ports = [] }) =>
        endpoints.flatMap((endpoint) =>
            (endpoint.addresses ?? []).flatMap((host) =>
                ports.flatMap(({ port }) => (port === undefined ? [] : [{ host, port }])),
            ),
        ),
    );
    // Every real cluster has endpoints; simulated clusters in tests may not.
    if (addresses.length === 0) return { checks: [], unchecked: [] };
    return { checks: apiServerChecks(catalogue, addresses), unchecked: [NOT_ENFORCED] };
}

/** @param addresses the API server's endpoints, in addition to its Service */
export function apiServerChecks(
    { services }: Catalogue,
    addresses: readonly Pick<EgressTarget, "host" | "port">[],
): Check[] {
    const sources = [...Object.keys(services).sort().map(serviceSource), UNKNOWN_WORKLOAD];
    return sources.flatMap((source) =>
        // A prober's Sidecar makes every Service visible, including the API server's.
        source.kind === "service"
            ? [BY_NAME, ...addresses].map((place) => check(source, place, "pod"))
            : addresses.map((place) => check(source, place, "prober")),
    );
}

function check(
    source: Source,
    { host, port }: Pick<EgressTarget, "host" | "port">,
    from: EgressTarget["from"],
): Check {
    return {
        id: `egress/${source.name}/api-server/${host}:${port}/${from}`,
        layer: "egress",
        source,
        destination: { ...GATEWAY, portName: host },
        egress: { host, port, from },
        request: { protocol: "http", method: "GET", path: "/version" },
        expected: { kind: "no-route" },
        reason: `${source.name} does not declare the API server (${host})`,
    };
}

/** All egress traffic must pass through it. */
const GATEWAY: Destination = {
    name: EGRESS_GATEWAY,
    namespace: NAMESPACES.egress,
    portName: "api-server",
    port: { protocol: "tcp", number: 443, application: "external" },
    mtls: "STRICT",
};
