/** Helm's records of releases: one Secret with descriptive labels for each revision. */
import { type KubeClient } from "../kube/client";
import { listMetadata } from "../kube/snapshot";
import { type ReleaseStatus, type ReleaseRevision } from "./decide";

/** The labels with a revision's digest and number, set by `helm upgrade --labels`. */
export const DIGEST_LABEL = "sparc.dev/digest";
export const REVISION_LABEL = "sparc.dev/revision";

export interface ReleaseName {
    readonly namespace: string;
    readonly name: string;
}

/** All revisions of all releases, by `namespace/name`. One request, which is faster than a `helm list` process. */
export function readReleases(client: KubeClient): Promise<ReadonlyMap<string, readonly ReleaseRevision[]>> {
    return read(client, "/api/v1/secrets", "owner=helm");
}

/** All revisions of one release. */
export async function readRelease(
    client: KubeClient,
    { namespace, name }: ReleaseName,
): Promise<readonly ReleaseRevision[]> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
    return (await read(client, path, `owner=helm,name=${name}`)).get(`${namespace}/${name}`) ?? [];
}

async function read(
    client: KubeClient,
    path: string,
    selector: string,
): Promise<ReadonlyMap<string, readonly ReleaseRevision[]>> {
    const releases = new Map<string, ReleaseRevision[]>();
    const selected = `${path}?labelSelector=${encodeURIComponent(selector)}`;
    for await (const { namespace, labels = {} } of listMetadata(client, selected)) {
        const {
            name,
            version,
            status,
            [DIGEST_LABEL]: digest,
            [REVISION_LABEL]: installedAs,
        } = labels as Record<string, string | undefined>;
        if (namespace === undefined || name === undefined) continue;
        const key = `${namespace}/${name}`;
        const revision: ReleaseRevision = {
            revision: Number(version),
            status: (status ?? "unknown") as ReleaseStatus,
            ...(digest === undefined ? {} : { digest }),
            ...(installedAs === undefined ? {} : { installedAs: Number(installedAs) }),
        };
        releases.set(key, [...(releases.get(key) ?? []), revision]);
    }
    return releases;
}
