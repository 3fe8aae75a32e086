/** The records that Helm keeps of releases: one Secret for each revision, described by its labels. */
import { type KubeClient } from "../kube/client";
import { listMetadata } from "../kube/snapshot";
import { type ReleaseStatus, type Revision } from "./decide";

/** The label, given with `helm upgrade --labels`, that says from what a revision was made. */
export const DIGEST_LABEL = "sparc.dev/digest";

/** All revisions of all releases, by `namespace/name`. One request, where `helm list` would be a process and more. */
export async function readReleases(client: KubeClient): Promise<ReadonlyMap<string, readonly Revision[]>> {
    const releases = new Map<string, Revision[]>();
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
        const revision: Revision = {
            revision: Number(version),
            status: (status ?? "unknown") as ReleaseStatus,
            ...(digest === undefined ? {} : { digest }),
        };
        releases.set(key, [...(releases.get(key) ?? []), revision]);
    }
    return releases;
}
