/** Which path of the API serves a kind. */
import { type KubeClient } from "./client";
import { NotServedError } from "./errors";

export interface Served {
    readonly apiVersion: string;
    /** The kind's name in paths, such as `authorizationpolicies`. */
    readonly plural: string;
    readonly namespaced: boolean;
}

interface ResourceList {
    readonly resources: readonly {
        readonly kind: string;
        readonly name: string;
        readonly namespaced: boolean;
    }[];
}

export class Discovery {
    private readonly versions = new Map<string, Promise<ReadonlyMap<string, Served>>>();

    constructor(private readonly client: KubeClient) {}

    /** @throws NotServedError where the cluster has no such kind now; a later call asks again. */
    async find(apiVersion: string, kind: string): Promise<Served> {
        let kinds = this.versions.get(apiVersion);
        if (kinds === undefined) {
            kinds = this.kindsOf(apiVersion);
            this.versions.set(apiVersion, kinds);
        }
        const served = (
            await kinds.catch((error: unknown) => {
                this.forget(apiVersion);
                throw error;
            })
        ).get(kind);
        if (served !== undefined) return served;
        this.forget(apiVersion);
        throw new NotServedError(apiVersion, kind);
    }

    /** Asks the server again next time: a release may have brought new kinds. */
    forget(apiVersion: string): void {
        this.versions.delete(apiVersion);
    }

    private async kindsOf(apiVersion: string): Promise<ReadonlyMap<string, Served>> {
        const list = (await this.client.getIfPresent(basePath(apiVersion))) as ResourceList | undefined;
        const kinds = (list?.resources ?? []).filter(({ name }) => !name.includes("/"));
        return new Map(
            kinds.map(({ kind, name, namespaced }) => [kind, { apiVersion, plural: name, namespaced }]),
        );
    }
}

/** The path of a kind's collection: of one namespace, or of the whole cluster where none is given. */
export function collectionPath({ apiVersion, plural, namespaced }: Served, namespace?: string): string {
    const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${basePath(apiVersion)}${scope}/${plural}`;
}

/** An object's path. A namespaced kind without a namespace is in `default`, as everywhere in Kubernetes. */
export function objectPath(
    served: Served,
    { namespace = "default", name }: { namespace?: string; name: string },
): string {
    return `${collectionPath(served, namespace)}/${encodeURIComponent(name)}`;
}

function basePath(apiVersion: string): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
