/** Restores a release's objects that were changed or deleted. */
import { gunzipSync } from "node:zlib";
import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { type KubeClient } from "../kube/client";
import { type Discovery, objectPath, type Served } from "../kube/discovery";
import { ApiError } from "../kube/errors";
import type { KubeObject } from "../../lib/kube-object";
import { type ReleaseName } from "./records";

/** Not the engine's field manager, by which it recognizes the objects that the program declares. */
const FIELD_MANAGER = "sparc-mesh-releases";

/**
 * CRDs are left out: cert-manager and istiod write their CA into some, and parsing Istio's alone would take seconds in every
 * run.
 */
const IGNORED_KIND = /^kind: *"?CustomResourceDefinition"?\s*$/m;

/** Fields that the server changes with every write, or a controller owns. */
const VOLATILE: ReadonlySet<string> = new Set(["managedFields", "resourceVersion", "generation"]);

/**
 * Applies the objects of a release's manifest that differ from it. Helm would not: it patches a custom resource by the
 * difference of two manifests, which are the same, whatever is in the cluster.
 *
 * The server decides what differs, by a dry run: it knows the default values and the notation of each field. Fields that the
 * manifest does not set are left alone.
 *
 * @param revision the deployed revision
 * @returns the restored objects
 */
export async function restoreRelease(
    client: KubeClient,
    discovery: Discovery,
    release: ReleaseName,
    revision: number,
): Promise<KubeObject[]> {
    const objects = await manifestOf(client, release, revision);
    const restored = await Promise.all(
        objects.map(async (object) => {
            const served = await discovery.find(object.apiVersion, object.kind);
            const complete = owned(object, served, release);
            if (!(await differs(client, served, complete))) return [];
            await apply(client, served, complete, "");
            return [complete];
        }),
    );
    return restored.flat();
}

async function differs(client: KubeClient, served: Served, object: KubeObject): Promise<boolean> {
    const live = await client.getIfPresent(objectPath(served, object.metadata));
    if (live === undefined) return true;
    try {
        const applied = await apply(client, served, object, "&dryRun=All");
        return !isDeepStrictEqual(stable(applied), stable(live));
    } catch (error) {
        // Server-side apply rejects some objects that Helm can create, such as those with duplicate keys in a list.
        if (error instanceof ApiError && (error.status === 400 || error.status === 422)) return false;
        throw error;
    }
}

async function apply(
    client: KubeClient,
    served: Served,
    object: KubeObject,
    query: string,
): Promise<unknown> {
    const { body } = await client.call({
        method: "PATCH",
        path: `${objectPath(served, object.metadata)}?fieldManager=${FIELD_MANAGER}&force=true${query}`,
        contentType: "application/apply-patch+yaml",
        body: object,
    });
    return body;
}

function stable(object: unknown): unknown {
    const { metadata, ...rest } = object as KubeObject;
    const kept = Object.entries(metadata).filter(([field]) => !VOLATILE.has(field));
    return { ...rest, status: undefined, metadata: Object.fromEntries(kept) };
}

/** The object with its namespace, and with the metadata by which Helm recognizes its objects, which manifests do not contain. */
function owned(object: KubeObject, { namespaced }: Served, { namespace, name }: ReleaseName): KubeObject {
    const { metadata } = object;
    return {
        ...object,
        metadata: {
            ...metadata,
            ...(namespaced ? { namespace: metadata.namespace ?? namespace } : {}),
            labels: { ...metadata.labels, "app.kubernetes.io/managed-by": "Helm" },
            annotations: {
                ...metadata.annotations,
                "meta.helm.sh/release-name": name,
                "meta.helm.sh/release-namespace": namespace,
            },
        },
    };
}

/** The objects of a revision, from its record: JSON, compressed, as base64 within the Secret's own. */
async function manifestOf(
    client: KubeClient,
    { namespace, name }: ReleaseName,
    revision: number,
): Promise<KubeObject[]> {
    const secret = (await client.get(
        `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/sh.helm.release.v1.${encodeURIComponent(name)}.v${revision}`,
    )) as { readonly data: { readonly release: string } };
    const encoded = Buffer.from(secret.data.release, "base64").toString();
    const { manifest } = JSON.parse(gunzipSync(Buffer.from(encoded, "base64")).toString()) as {
        readonly manifest: string;
    };
    const documents = manifest.split(/^---.*$/m).filter((text) => !IGNORED_KIND.test(text));
    // As Helm's own parser: 1.1, in which 0644 is octal.
    return documents.flatMap((text) =>
        parseAllDocuments(text, { version: "1.1" }).flatMap((document) => {
            const [error] = document.errors;
            if (error !== undefined) throw error;
            const object = document.toJS() as KubeObject | null;
            return object === null ? [] : [object];
        }),
    );
}
