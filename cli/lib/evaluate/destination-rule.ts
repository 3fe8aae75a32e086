import { Memo, memoizeByObject } from "../snapshot/memo";
import { type ManifestOf, ROOT_NAMESPACE, type MeshSnapshot } from "../snapshot/snapshot";
import { isExported, matchesDnsName, matchesLabels, qualified } from "./match";
import type { Workload } from "./model";

type DestinationRule = ManifestOf<"DestinationRule">;
type Policy = NonNullable<DestinationRule["spec"]["trafficPolicy"]>;

/** The traffic policy of a proxy for one port of a host. */
export interface Settings {
    readonly by?: DestinationRule;
    /** Whether the route's subset exists, if it names one. If not, the proxy responds 503. */
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

const memo = new Memo<Settings>();

/**
 * From the rule in the caller's namespace, else the callee's, else the root namespace. A subset's settings override the
 * host's.
 */
export function settingsOf(snapshot: MeshSnapshot, proxy: Workload, destination: PortOfHost): Settings {
    const { host, namespace, port, subset } = destination;
    return memo.of(snapshot, proxy, JSON.stringify([host, namespace, port, subset]), () =>
        readSettings(snapshot, proxy, destination),
    );
}

function readSettings(
    snapshot: MeshSnapshot,
    proxy: Workload,
    { host, namespace, port, subset }: PortOfHost,
): Settings {
    const all = snapshot
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
    const subsetRule = by.spec.subsets?.find(({ name }) => name === subset);
    const { tls, connectionPool, outlierDetection, loadBalancer } = {
        ...atPort(by.spec.trafficPolicy, port),
        ...atPort(subsetRule?.trafficPolicy, port),
    };
    return {
        by,
        hasSubset: subset === undefined || subsetRule !== undefined,
        ...(tls?.mode === undefined ? {} : { tls: tls.mode }),
        ...(connectionPool === undefined ? {} : { connectionPool }),
        ...(outlierDetection === undefined ? {} : { outlierDetection }),
        ...(loadBalancer === undefined ? {} : { loadBalancer }),
    };
}

/** Port-level settings replace the host's settings as a whole. */
function atPort(policy: Policy | undefined, port: number): Policy {
    return policy?.portLevelSettings?.find((one) => one.port?.number === port) ?? policy ?? {};
}

/** `tcp.maxConnections 100, http.http2MaxRequests 200`: settings with their paths, on one line. */
export const oneLine = memoizeByObject((settings: object): string => leaves(settings, "").join(", "));

function leaves(settings: object, prefix: string): string[] {
    return Object.entries(settings).flatMap(([name, value]: [string, unknown]): string[] => {
        if (value === undefined || value === null) return [];
        if (typeof value === "object" && !Array.isArray(value)) return leaves(value, `${prefix}${name}.`);
        return [`${prefix}${name} ${JSON.stringify(value).replaceAll('"', "")}`];
    });
}
