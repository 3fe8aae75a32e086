/** Discovers the API paths of kinds. */
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

    /** @throws NotServedError if the cluster does not serve the kind; a later call queries again. */
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

    /** Drops the cached kinds: a release may have installed new ones. */
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

/** The path of a kind's collection, in one namespace or in all. */
export function collectionPath({ apiVersion, plural, namespaced }: Served, namespace?: string): string {
    const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${basePath(apiVersion)}${scope}/${plural}`;
}

/** An object's path. As always in Kubernetes, the default namespace is `default`. */
export function objectPath(
    served: Served,
    { namespace = "default", name }: { namespace?: string; name: string },
): string {
    return `${collectionPath(served, namespace)}/${encodeURIComponent(name)}`;
}

function basePath(apiVersion: string): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The path of an object; undefined if the API server does not serve its kind. */
export async function pathIfServed(
    discovery: Discovery,
    ref: {
        readonly apiVersion: string;
        readonly kind: string;
        readonly namespace?: string;
        readonly name: string;
    },
): Promise<string | undefined> {
    try {
        return objectPath(await discovery.find(ref.apiVersion, ref.kind), ref);
    } catch (error) {
        if (error instanceof NotServedError) return undefined;
        throw error;
    }
}
