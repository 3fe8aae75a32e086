/** Helm's records of releases: one Secret with descriptive labels for each revision. */
import { type KubeClient } from "../kube/client";
import { listMetadata } from "../kube/snapshot";
import { type ReleaseStatus, type ReleaseRevision } from "./decide";

/** The label with a revision's digest, set by `helm upgrade --labels`. */
export const DIGEST_LABEL = "sparc.dev/digest";

/** All revisions of all releases, by `namespace/name`. One request, which is faster than a `helm list` process. */
export async function readReleases(
    client: KubeClient,
): Promise<ReadonlyMap<string, readonly ReleaseRevision[]>> {
    const releases = new Map<string, ReleaseRevision[]>();
    for await (const { namespace, labels = {} } of listMetadata(
        client,
        "/api/v1/secrets?labelSelector=owner%3Dhelm",
    )) {
        const {
            name,
            version,
            status,
            [DIGEST_LABEL]: digest,
        } = labels as Record<string, string | undefined>;
        if (namespace === undefined || name === undefined) continue;
        const key = `${namespace}/${name}`;
        const revision: ReleaseRevision = {
            revision: Number(version),
            status: (status ?? "unknown") as ReleaseStatus,
            ...(digest === undefined ? {} : { digest }),
        };
        releases.set(key, [...(releases.get(key) ?? []), revision]);
    }
    return releases;
}
