/** What to do about a Helm release, from its records in the cluster. */

/** Helm's words for the state of a revision. */
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

export interface Revision {
    readonly revision: number;
    readonly status: ReleaseStatus;
    /** What `digestOfRelease` gave when it was installed; absent where somebody else has installed it. */
    readonly digest?: string;
}

export type Decision =
    /** What is there is what is wanted. */
    | { readonly do: "nothing" }
    /** `helm upgrade --install`, after the recovery where there is one. */
    | { readonly do: "upgrade"; readonly first: Recovery; readonly existed: boolean };

/** How to get a release out of the state in which a run that was killed has left it; Helm refuses to go on from there. */
export type Recovery =
    | { readonly do: "nothing" }
    /** No revision of it has ever worked. */
    | { readonly do: "uninstall" }
    | { readonly do: "rollback"; readonly to: number };

/** @param revisions all revisions that the cluster has of the release, in any order */
export function decide(revisions: readonly Revision[], wanted: string): Decision {
    const latest = latestOf(revisions);
    if (latest === undefined) return { do: "upgrade", first: { do: "nothing" }, existed: false };
    if (latest.status === "deployed" && latest.digest === wanted) return { do: "nothing" };
    const first = recoveryFor(revisions);
    return { do: "upgrade", first, existed: first.do !== "uninstall" };
}

export function recoveryFor(revisions: readonly Revision[]): Recovery {
    const latest = latestOf(revisions);
    // A revision that worked is superseded only when the next works, so either word names a good one.
    const good = revisions.filter(({ status }) => status === "deployed" || status === "superseded");
    const lastGood = latestOf(good)?.revision;
    switch (latest?.status) {
        case undefined:
        case "deployed":
        case "superseded":
        case "uninstalled":
            return { do: "nothing" };
        case "failed":
            // Helm upgrades from a failed revision where a good one stands behind it.
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

function latestOf(revisions: readonly Revision[]): Revision | undefined {
    return revisions.reduce<Revision | undefined>(
        (latest, revision) =>
            latest === undefined || revision.revision > latest.revision ? revision : latest,
        undefined,
    );
}
