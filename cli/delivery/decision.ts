/** What somebody says of a rollout that waits. Pure: from what the cluster holds to what is done. */
import { nearest } from "../../catalogue/check";

/** What is read of a Canary. */
export interface Rollout {
    readonly metadata: {
        readonly name: string;
        /** As of which it was read: who writes meanwhile is not written over. */
        readonly resourceVersion?: string;
        readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: {
        readonly analysis?: { readonly webhooks?: readonly { readonly type?: string }[] };
    };
    readonly status?: { readonly phase?: string; readonly canaryWeight?: number };
}

export type Verdict = "approved" | "refused";
/** Before anybody gets the version, or before everybody does. */
export type Stage = "rollout" | "promotion";

/** One decision, as it is kept with the rollout. */
export interface Decision {
    readonly verdict: Verdict;
    readonly stage: Stage;
    /** What it is about: the Deployment's revision, and its images. */
    readonly version: string;
    /** Whom the API server takes the caller for. */
    readonly by: string;
    readonly why: string;
    /** ISO 8601. */
    readonly at: string;
}

/** Where decisions are kept, the latest last: JSON, a list. */
export const DECISIONS = "sparc.dev/decisions";
const KEPT = 20;

/** A decision that makes no sense; its message says what does. */
export class CannotDecide extends Error {}

/** A rollout, and which decision it waits for. */
export interface Waiting {
    readonly rollout: Rollout;
    readonly stage: Stage;
}

/** @throws CannotDecide where it waits for none. Who refuses may do so while it goes on, too. */
export function waiting(rollouts: readonly Rollout[], name: string, verdict: Verdict): Waiting {
    const found = rollouts.find(({ metadata }) => metadata.name === name);
    if (found === undefined) {
        const known = rollouts.map(({ metadata }) => metadata.name).sort();
        const meant = nearest(name, known);
        throw new CannotDecide(
            `Flagger rolls out no ${name}; ${meant === undefined ? `it has ${known.join(", ") || "nothing"}` : `did you mean "${meant}"?`}`,
        );
    }
    if (!(found.spec.analysis?.webhooks ?? []).some(({ type }) => type === "confirm-promotion"))
        throw new CannotDecide(
            `${name} has no gates: its rollouts wait for nobody (\`rollout.approval\` in the catalogue gives it some)`,
        );
    const { phase = "Initializing" } = found.status ?? {};
    if (phase === "Waiting") return { rollout: found, stage: "rollout" };
    if (phase === "WaitingPromotion" || (phase === "Progressing" && verdict === "refused"))
        return { rollout: found, stage: "promotion" };
    throw new CannotDecide(`${name} waits for nobody: its rollout is ${phase}`);
}

/** What is read of a Deployment. */
export interface Deployed {
    readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
    readonly spec?: {
        readonly template: {
            readonly spec?: { readonly containers: readonly { readonly image?: string }[] };
        };
    };
}

/** A version that a Deployment has, or asks for. */
export interface Version {
    /** Kubernetes' count of the Deployment's pod templates. */
    readonly revision: string;
    /** As people call it: the revision, and the images. */
    readonly name: string;
}

export function versionOf({ metadata, spec }: Deployed): Version {
    const revision = metadata?.annotations?.["deployment.kubernetes.io/revision"] ?? "?";
    const images = (spec?.template.spec?.containers ?? []).map(({ image = "?" }) => image);
    return { revision, name: `revision ${revision} of ${images.join(", ")}` };
}

/** What the Canary says after the decision. */
export function withDecision({ metadata }: Rollout, decision: Decision): string {
    return JSON.stringify([...decisionsOf(metadata.annotations), decision].slice(-KEPT));
}

/** Those that are kept; none where somebody wrote something else there. */
export function decisionsOf(annotations: Readonly<Record<string, string>> = {}): readonly Decision[] {
    try {
        const kept: unknown = JSON.parse(annotations[DECISIONS] ?? "[]");
        return Array.isArray(kept) ? (kept as Decision[]) : [];
    } catch {
        return [];
    }
}

/**
 * The gates to open, in this order. Who refuses before anybody has the version lets Flagger begin and take it back at
 * once, before a request reaches it: Flagger asks nothing else while it waits there.
 */
export function gatesFor(verdict: Verdict, stage: Stage): readonly string[] {
    if (verdict === "approved") return ["/gate/open"];
    return stage === "rollout" ? ["/rollback/open", "/gate/open"] : ["/rollback/open"];
}
