/** Decides how to deploy a Helm release, from its records in the cluster. */

/** Helm's statuses of a revision. */
export type ReleaseStatus =
    | "unknown"
    | "deployed"
    | "uninstalled"
    | "superseded"
    | "failed"
    | "uninstalling"
    | "pending-install"
    | "pending-upgrade"
    | "pending-rollback";

export interface ReleaseRevision {
    readonly revision: number;
    readonly status: ReleaseStatus;
    /** The result of `digestOfRelease` at installation; absent if this engine did not install it. */
    readonly digest?: string;
    /**
     * The revision that this engine installed with this digest. Helm passes a revision's labels on to the next one, so it is
     * an earlier one after a `helm upgrade` or `helm rollback` by hand.
     */
    readonly installedAs?: number;
}

export type ReleaseDecision =
    /** The release is up to date. */
    | { readonly do: "nothing" }
    /** `helm upgrade --install`, after a recovery if necessary. */
    | { readonly do: "upgrade"; readonly first: Recovery; readonly existed: boolean };

/** How to recover a release after a run was killed; Helm rejects an upgrade from the pending state. */
export type Recovery =
    | { readonly do: "nothing" }
    /** It has no successful revision. */
    | { readonly do: "uninstall" }
    | { readonly do: "rollback"; readonly to: number };

/** @param revisions all revisions of the release in the cluster, in any order */
export function decide(revisions: readonly ReleaseRevision[], digest: string): ReleaseDecision {
    const latest = latestOf(revisions);
    if (latest === undefined) return { do: "upgrade", first: { do: "nothing" }, existed: false };
    if (latest.status === "deployed" && latest.digest === digest && latest.installedAs === latest.revision)
        return { do: "nothing" };
    const first = recoveryFor(revisions);
    return { do: "upgrade", first, existed: first.do !== "uninstall" };
}

export function recoveryFor(revisions: readonly ReleaseRevision[]): Recovery {
    const latest = latestOf(revisions);
    // A revision is superseded only when the next one succeeds, so both statuses mean a successful revision.
    const good = revisions.filter(({ status }) => status === "deployed" || status === "superseded");
    const lastGood = latestOf(good)?.revision;
    switch (latest?.status) {
        case undefined:
        case "deployed":
        case "superseded":
        case "uninstalled":
            return { do: "nothing" };
        case "failed":
            // Helm can upgrade from a failed revision if an earlier one was successful.
            return lastGood === undefined ? { do: "uninstall" } : { do: "nothing" };
        case "pending-upgrade":
        case "pending-rollback":
            return lastGood === undefined ? { do: "uninstall" } : { do: "rollback", to: lastGood };
        case "pending-install":
        case "uninstalling":
        case "unknown":
            return { do: "uninstall" };
    }
}

export function latestOf(revisions: readonly ReleaseRevision[]): ReleaseRevision | undefined {
    return revisions.reduce<ReleaseRevision | undefined>(
        (latest, revision) =>
            latest === undefined || revision.revision > latest.revision ? revision : latest,
        undefined,
    );
}
