/** Plans a revision-based upgrade of Istio: workloads stay in the mesh at every step. */
import type { MeshConfig } from "../../config/schema";

export type Revision = MeshConfig["istio"]["revisions"][number];

/** The istiod revisions of a stack, and the one that newly started sidecars connect to. */
export interface IstioRevisions {
    readonly revisions: readonly Revision[];
    readonly stable: string;
}

export type UpgradeStep =
    /** Deploy the stack with these istiod revisions. */
    | {
          readonly action: "deploy";
          readonly title: string;
          readonly effect: string;
          readonly istio: IstioRevisions;
      }
    /** Restart every workload in the mesh whose proxy uses another revision. */
    | { readonly action: "restart"; readonly title: string; readonly effect: string; readonly to: string };

/** An upgrade that is not possible. The message states why and how to proceed. */
export class UpgradeError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "UpgradeError";
    }
}

/**
 * How many minor versions the data plane may be behind the control plane (istio.io, "Supported releases: control
 * plane/data plane skew").
 */
const MAX_MINOR_SKEW = 2;

/**
 * The remaining steps, from the state that the stack is in.
 *
 * @returns no steps if the stack has only the target revision
 * @throws UpgradeError
 */
export function planUpgrade(now: IstioRevisions, to: Revision): UpgradeStep[] {
    const known = now.revisions.find(({ name }) => name === to.name);
    const others = now.revisions.filter(({ name }) => name !== to.name);
    const [old, ...more] = others;
    if (known !== undefined && (known.version !== to.version || known.tag !== to.tag))
        throw new UpgradeError(
            `the stack already has revision ${to.name}, with version ${known.version}. An istiod that sidecars use is never replaced in place: ` +
                "choose another name for the new revision.",
        );
    if (old === undefined) return [];
    if (more.length > 0)
        throw new UpgradeError(
            `an upgrade from ${now.revisions.map(({ name }) => name).join(" to ")} is in progress. Complete it first, or roll back: ` +
                `mesh upgrade --to ${now.stable}`,
        );
    if (known === undefined && old.version === to.version && old.tag === to.tag)
        throw new UpgradeError(
            `revision ${old.name} already runs Istio ${to.version}: ${to.name} would change the name only. ` +
                "Set --istio-version (or --tag) to the release to upgrade to.",
        );
    const skew = Math.abs(minorOf(to) - minorOf(old));
    if (skew > MAX_MINOR_SKEW)
        throw new UpgradeError(
            `${old.version} and ${to.version} are ${skew} minor versions apart; Istio supports a skew of ${MAX_MINOR_SKEW}. ` +
                "Upgrade to a version in between first.",
        );
    const both = [old, to];
    const deployNew: UpgradeStep = {
        action: "deploy",
        title: `install istiod ${to.name} alongside ${old.name}`,
        effect: "Running workloads are not affected. To roll back, remove the new revision.",
        istio: { revisions: both, stable: old.name },
    };
    const moveTag: UpgradeStep = {
        action: "deploy",
        title: `move the revision tag to ${to.name}`,
        effect: "New pods use the new revision, and its istiod validates configuration. To roll back, move the tag back.",
        istio: { revisions: both, stable: to.name },
    };
    const restart: UpgradeStep = {
        action: "restart",
        title: "restart the workloads, namespace by namespace",
        effect: `Sidecars and gateways then use ${to.name}. To roll back, move the tag back and restart the workloads again.`,
        to: to.name,
    };
    const remove: UpgradeStep = {
        action: "deploy",
        title: `remove istiod ${old.name}`,
        effect: "Only once no proxy uses it. Rolling back from here is another upgrade.",
        istio: { revisions: [to], stable: to.name },
    };
    if (now.stable === to.name) return [restart, remove];
    return known === undefined ? [deployNew, moveTag, restart, remove] : [moveTag, restart, remove];
}

/** Whether release `a` is newer than `b`; a pre-release suffix does not count. */
export function isNewer(a: string, b: string): boolean {
    const [left, right] = [a, b].map((version) => version.split(/[.-]/, 3).map(Number));
    const at = [0, 1, 2].find((index) => left?.[index] !== right?.[index]);
    return at !== undefined && (left?.[at] ?? 0) > (right?.[at] ?? 0);
}

function minorOf({ version }: Revision): number {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return major * 1000 + minor;
}
