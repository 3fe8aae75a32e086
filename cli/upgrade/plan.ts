/** The way from one revision of Istio to another, without anything that is not in the mesh on the way. */
import type { MeshConfig } from "../../config/schema";

export type Revision = MeshConfig["istio"]["revisions"][number];

/** Which istiods a stack has, and which of them sidecars belong to that start. */
export interface Istios {
    readonly revisions: readonly Revision[];
    readonly stable: string;
}

export type Step =
    /** Deploy the stack with these istiods. */
    | { readonly do: "deploy"; readonly title: string; readonly effect: string; readonly istio: Istios }
    /** Start every meshed workload anew that belongs to another revision. */
    | { readonly do: "restart"; readonly title: string; readonly effect: string; readonly to: string };

/** An upgrade that cannot be made. Its message says why and what to do. */
export class UpgradeError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "UpgradeError";
    }
}

/** Of minor versions, how far a data plane may be behind its control plane, by Istio's own promise. */
const MINORS = 2;

/**
 * The steps that are left: from whichever of them the stack has got to.
 *
 * @returns none where the stack is at its goal
 * @throws UpgradeError
 */
export function planUpgrade(now: Istios, to: Revision): Step[] {
    const known = now.revisions.find(({ name }) => name === to.name);
    const others = now.revisions.filter(({ name }) => name !== to.name);
    const [old, ...more] = others;
    if (known !== undefined && (known.version !== to.version || known.tag !== to.tag))
        throw new UpgradeError(
            `the revision ${to.name} is there as ${known.version}: an istiod that sidecars belong to is never replaced in place; ` +
                "give the new one another name",
        );
    if (old === undefined) return [];
    if (more.length > 0)
        throw new UpgradeError(
            `an upgrade from ${now.revisions.map(({ name }) => name).join(" to ")} is under way; end it first, or go back: ` +
                `mesh upgrade --to ${now.stable}`,
        );
    const apart = Math.abs(minorOf(to) - minorOf(old));
    if (apart > MINORS)
        throw new UpgradeError(
            `${old.version} and ${to.version} are ${apart} minor versions apart, and Istio promises that ${MINORS} work together; ` +
                "go by a version in between",
        );
    const both = [old, to];
    const beside: Step = {
        do: "deploy",
        title: `istiod ${to.name} beside ${old.name}`,
        effect: "Nothing that runs is touched. To go back, take it out again.",
        istio: { revisions: both, stable: old.name },
    };
    const tag: Step = {
        do: "deploy",
        title: `the tag moves to ${to.name}`,
        effect: "What starts from now on belongs to it, and it validates. To go back, move the tag back.",
        istio: { revisions: both, stable: to.name },
    };
    const restart: Step = {
        do: "restart",
        title: "workloads start anew, namespace by namespace",
        effect: `Their sidecars and the gateways then belong to ${to.name}. To go back, move the tag back and start them anew.`,
        to: to.name,
    };
    const remove: Step = {
        do: "deploy",
        title: `istiod ${old.name} goes`,
        effect: "Only when no proxy belongs to it any more. There is no way back but another upgrade.",
        istio: { revisions: [to], stable: to.name },
    };
    if (now.stable === to.name) return [restart, remove];
    return known === undefined ? [beside, tag, restart, remove] : [tag, restart, remove];
}

function minorOf({ version }: Revision): number {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return major * 1000 + minor;
}
