/**
 * The API server, at the addresses at which the cluster says that it answers: a service declares none of them, and its
 * sidecar must let it reach none, by whichever address.
 */
import type { Catalogue } from "../../../catalogue/model";
import { EGRESS_GATEWAY, NAMESPACES } from "../../../components/base/names";
import type { Cluster } from "../cluster/cluster";
import type { Check, Destination, Outside, Source, Unchecked } from "../model";
import type { EgressPlan } from "./egress";
import { STRANGER, serviceSource } from "./places";

/** What is read of the EndpointSlice `default/kubernetes`, which the API server keeps itself. */
interface EndpointSlice {
    readonly endpoints?: readonly { readonly addresses?: readonly string[] }[];
    readonly ports?: readonly { readonly port?: number }[];
}

const BY_NAME = { host: "kubernetes.default.svc.cluster.local", port: 443 } as const;

/** What no run can ask. */
const NOT_ENFORCED: Unchecked = {
    part: "what NetworkPolicies alone refuse, such as an address of the API server that is not declared, past the sidecar",
    why: "requests are made through sidecars, which refuse first; test/live/network-policy.test.ts judges the policies with cyclonus",
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
    // Every Kubernetes has them; where there is no API server there is nothing to reach.
    if (addresses.length === 0) return { checks: [], notChecked: [] };
    return { checks: apiServerChecks(catalogue, addresses), notChecked: [NOT_ENFORCED] };
}

/** @param addresses at which the API server answers beside its Service. */
export function apiServerChecks(
    { services }: Catalogue,
    addresses: readonly Pick<Outside, "host" | "port">[],
): Check[] {
    const sources = [...Object.keys(services).sort().map(serviceSource), STRANGER];
    return sources.flatMap((source) =>
        // A prober's own Sidecar shows it every Service, and so the API server's.
        source.kind === "service"
            ? [BY_NAME, ...addresses].map((place) => check(source, place, "pod"))
            : addresses.map((place) => check(source, place, "prober")),
    );
}

function check(source: Source, { host, port }: Pick<Outside, "host" | "port">, from: Outside["from"]): Check {
    return {
        id: `egress/${source.name}/api-server/${host}:${port}/${from}`,
        layer: "egress",
        source,
        destination: { ...GATEWAY, portName: host },
        outside: { host, port, from },
        request: { protocol: "http", method: "GET", path: "/version" },
        expected: { kind: "no-route" },
        because: `${source.name} does not declare the API server, at ${host} or at any other address`,
    };
}

/** Whatever leaves has to pass it. */
const GATEWAY: Destination = {
    name: EGRESS_GATEWAY,
    namespace: NAMESPACES.egress,
    portName: "api-server",
    port: { protocol: "tcp", number: 443, application: "outside" },
    mtls: "STRICT",
};
