import { Kept, keptByObject } from "../world/kept";
import { type Of, ROOT_NAMESPACE, type World } from "../world/world";
import { isExported, matchesDnsName, matchesLabels, qualified } from "./match";
import type { Workload } from "./model";

type DestinationRule = Of<"DestinationRule">;
type Policy = NonNullable<DestinationRule["spec"]["trafficPolicy"]>;

/** What a proxy does with one port of a host. */
export interface Settings {
    readonly by?: DestinationRule;
    /** Whether the route's subset, if it names one, is there: if not, the proxy answers 503. */
    readonly hasSubset: boolean;
    readonly tls?: string;
    readonly connectionPool?: Policy["connectionPool"];
    readonly outlierDetection?: Policy["outlierDetection"];
    readonly loadBalancer?: Policy["loadBalancer"];
}

interface PortOfHost {
    readonly host: string;
    readonly namespace: string;
    readonly port: number;
    readonly subset?: string;
}

const kept = new Kept<Settings>();

/** The rule of the caller's namespace, else the callee's, else the mesh's; a subset's settings replace the host's. */
export function settingsOf(world: World, proxy: Workload, destination: PortOfHost): Settings {
    const { host, namespace, port, subset } = destination;
    return kept.of(world, proxy, JSON.stringify([host, namespace, port, subset]), () =>
        readSettings(world, proxy, destination),
    );
}

function readSettings(
    world: World,
    proxy: Workload,
    { host, namespace, port, subset }: PortOfHost,
): Settings {
    const all = world
        .of("DestinationRule")
        .filter(
            ({ metadata, spec }) =>
                matchesDnsName(qualified(spec.host, metadata.namespace), host) &&
                isExported(spec.exportTo, metadata.namespace, proxy.namespace) &&
                matchesLabels(spec.workloadSelector?.matchLabels, proxy.labels),
        )
        .sort((a, b) => b.spec.host.length - a.spec.host.length);
    const by = [proxy.namespace, namespace, ROOT_NAMESPACE]
        .map((where) => all.find(({ metadata }) => metadata.namespace === where))
        .find((one) => one !== undefined);
    if (by === undefined) return { hasSubset: subset === undefined };
    const own = by.spec.subsets?.find(({ name }) => name === subset);
    const { tls, connectionPool, outlierDetection, loadBalancer } = {
        ...atPort(by.spec.trafficPolicy, port),
        ...atPort(own?.trafficPolicy, port),
    };
    return {
        by,
        hasSubset: subset === undefined || own !== undefined,
        ...(tls?.mode === undefined ? {} : { tls: tls.mode }),
        ...(connectionPool === undefined ? {} : { connectionPool }),
        ...(outlierDetection === undefined ? {} : { outlierDetection }),
        ...(loadBalancer === undefined ? {} : { loadBalancer }),
    };
}

/** A port's settings replace the host's altogether. */
function atPort(policy: Policy | undefined, port: number): Policy {
    return policy?.portLevelSettings?.find((one) => one.port?.number === port) ?? policy ?? {};
}

/** `maxConnections 100, http2MaxRequests 200`: settings on one line. */
export const oneLine = keptByObject((settings: object): string =>
    Object.entries(settings)
        .flatMap(([name, value]: [string, unknown]): string[] => {
            if (value === undefined || value === null) return [];
            if (typeof value !== "object") return [`${name} ${JSON.stringify(value).replaceAll('"', "")}`];
            const inner = oneLine(value);
            return inner === "" ? [] : [inner];
        })
        .join(", "),
);
