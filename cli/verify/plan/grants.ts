/** Who may ask what of whom: the catalogue's edges, by caller and port. */
import type { Asked } from "../../../catalogue/model";
import { edges, exposures, storeEdges } from "../../../catalogue/query";
import { NAMESPACES, exposedHost } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Destination, Source } from "../model";
import { gatewaySource, serviceSource } from "./places";

/** One edge, as the port that it leads to sees it. */
export interface Grant {
    readonly asked: Asked;
    /** The edge, for people. */
    readonly edge: string;
    /** The Host header under which it holds. @default any */
    readonly host?: string;
}

export class Grants {
    private readonly byPair = new Map<string, Grant[]>();
    private readonly byPort = new Map<string, Grant[]>();
    private readonly hosts = new Set<string>();

    constructor({ catalogue, config }: Platform) {
        for (const { caller, callee, call, portName } of edges(catalogue)) {
            this.add(serviceSource(caller), NAMESPACES.services, callee, portName, {
                asked: call,
                edge: `${caller} calls ${callee} on ${portName}`,
            });
        }
        for (const { caller, store, portName } of storeEdges(catalogue)) {
            this.add(serviceSource(caller), NAMESPACES.stores, store, portName, {
                asked: {},
                edge: `${caller} uses the store ${store}`,
            });
        }
        for (const { service, exposure, portName, port } of exposures(catalogue)) {
            this.add(gatewaySource(exposure.gateway), NAMESPACES.services, service, portName, {
                asked: exposure,
                edge: `${service} is exposed as ${exposure.host} at the ${exposure.gateway} gateway`,
                ...(port.protocol === "tcp" ? {} : { host: exposedHost(config, exposure.host) }),
            });
        }
    }

    /** What `source` may ask of a port; empty without an edge. */
    of(source: Source, { namespace, name, portName }: Destination): readonly Grant[] {
        return this.byPair.get(pairKey(source, namespace, name, portName)) ?? [];
    }

    /** What anybody may ask of a port. */
    to({ namespace, name, portName }: Destination): readonly Grant[] {
        return this.byPort.get(`${namespace}/${name}/${portName}`) ?? [];
    }

    /** Whether `source` may ask anything of a workload, on whichever port. */
    knows(source: Source, { namespace, name }: Destination): boolean {
        return this.hosts.has(`${sourceKey(source)}>${namespace}/${name}`);
    }

    private add(source: Source, namespace: string, name: string, portName: string, grant: Grant): void {
        push(this.byPair, pairKey(source, namespace, name, portName), grant);
        push(this.byPort, `${namespace}/${name}/${portName}`, grant);
        this.hosts.add(`${sourceKey(source)}>${namespace}/${name}`);
    }
}

function push(groups: Map<string, Grant[]>, key: string, grant: Grant): void {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [grant]);
    else group.push(grant);
}

function sourceKey({ kind, name }: Source): string {
    return `${kind}/${name}`;
}

function pairKey(source: Source, namespace: string, name: string, portName: string): string {
    return `${sourceKey(source)}>${namespace}/${name}/${portName}`;
}
