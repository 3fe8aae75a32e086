/**
 * The objects in the cluster before the run: one list of metadata for each kind. A list of each kind costs a tenth of a
 * request for each object.
 */
import { type KubeClient } from "./client";
import { collectionPath, type Served } from "./discovery";
import { ApiError } from "./errors";
import { type ObjectMeta } from "./ownership";

const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/** Objects per page. */
const PAGE = 500;

interface Page {
    readonly metadata: { readonly continue?: string };
    /** Null, not empty, if there are none. */
    readonly items: readonly { readonly metadata: ObjectMeta }[] | null;
}

export class Snapshot {
    private readonly kinds = new Map<string, Promise<ReadonlyMap<string, ObjectMeta>>>();

    constructor(private readonly client: KubeClient) {}

    /** An object at the time of the first query of its kind; undefined if it did not exist. */
    async find(
        served: Served,
        { namespace = "default", name }: { namespace?: string; name: string },
    ): Promise<ObjectMeta | undefined> {
        const key = collectionPath(served);
        let objects = this.kinds.get(key);
        if (objects === undefined) {
            objects = this.list(key);
            this.kinds.set(key, objects);
            objects.catch(() => this.kinds.delete(key));
        }
        return (await objects).get(served.namespaced ? `${namespace}/${name}` : name);
    }

    private async list(path: string): Promise<ReadonlyMap<string, ObjectMeta>> {
        const objects = new Map<string, ObjectMeta>();
        for await (const { namespace, ...metadata } of listMetadata(this.client, path)) {
            objects.set(namespace === undefined ? metadata.name : `${namespace}/${metadata.name}`, metadata);
        }
        return objects;
    }
}

/** The metadata of all objects of a collection; empty if the collection is not served. */
export async function* listMetadata(client: KubeClient, path: string): AsyncGenerator<ObjectMeta> {
    const separator = path.includes("?") ? "&" : "?";
    let next: string | undefined = "";
    while (next !== undefined) {
        const query: string = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
        const page = await readPage(client, `${path}${separator}limit=${PAGE}${query}`);
        for (const { metadata } of page.items ?? []) yield metadata;
        next = page.metadata.continue === "" ? undefined : page.metadata.continue;
    }
}

async function readPage(client: KubeClient, path: string): Promise<Page> {
    try {
        return (await client.call({ method: "GET", path, accept: METADATA_ONLY })).body as Page;
    } catch (error) {
        if (error instanceof ApiError && error.status === 404) return { metadata: {}, items: [] };
        throw error;
    }
}
