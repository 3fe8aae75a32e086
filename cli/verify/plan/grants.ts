/** The permissions that the catalogue grants, by caller and port. */
import type { OperationSet } from "../../../catalogue/model";
import { edges, exposures, storeEdges } from "../../../catalogue/query";
import { NAMESPACES, exposedHost } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Destination, Source } from "../model";
import { gatewaySource, serviceSource } from "./endpoints";

/** The permission that an edge grants on a port. */
export interface Grant {
    readonly operations: OperationSet;
    /** The edge as text. */
    readonly edge: string;
    /** The Host header that it requires. @default any */
    readonly host?: string;
}

export class Grants {
    private readonly byPair = new Map<string, Grant[]>();
    private readonly byPort = new Map<string, Grant[]>();
    private readonly hosts = new Set<string>();

    constructor({ catalogue, config }: Platform) {
        for (const { caller, callee, call, portName } of edges(catalogue)) {
            this.add(serviceSource(caller), NAMESPACES.services, callee, portName, {
                operations: call,
                edge: `${caller} calls ${callee} on ${portName}`,
            });
        }
        for (const [service, { peers = [] }] of Object.entries(catalogue.services)) {
            for (const portName of peers)
                this.add(serviceSource(service), NAMESPACES.services, service, portName, {
                    operations: {},
                    edge: `the replicas of ${service} call each other on ${portName}`,
                });
        }
        for (const { caller, store, portName } of storeEdges(catalogue)) {
            this.add(serviceSource(caller), NAMESPACES.stores, store, portName, {
                operations: {},
                edge: `${caller} uses the store ${store}`,
            });
        }
        for (const { service, exposure, portName, port } of exposures(catalogue)) {
            this.add(gatewaySource(exposure.gateway), NAMESPACES.services, service, portName, {
                operations: exposure,
                edge: `${service} is exposed as ${exposure.host} at the ${exposure.gateway} gateway`,
                ...(port.protocol === "tcp" ? {} : { host: exposedHost(config, exposure.host) }),
            });
        }
    }

    /** The permissions of `source` on a port; empty without an edge. */
    of(source: Source, { namespace, name, portName }: Destination): readonly Grant[] {
        return this.byPair.get(pairKey(source, namespace, name, portName)) ?? [];
    }

    /** The permissions of all sources on a port. */
    to({ namespace, name, portName }: Destination): readonly Grant[] {
        return this.byPort.get(`${namespace}/${name}/${portName}`) ?? [];
    }

    /** Whether `source` has any permission on a workload. */
    reaches(source: Source, { namespace, name, service }: Destination): boolean {
        // Only the replicas themselves see the Service for replicas.
        if (service !== undefined && source.name !== name) return false;
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
