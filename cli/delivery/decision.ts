/** Decisions about rollouts that wait at a manual gate. Pure functions of what the cluster holds. */
import { nearest } from "../../catalogue/check";
import {
    type CanaryStatus,
    GATE_PATHS,
    type GatedStage,
    INITIALIZING,
    gatedStage,
} from "../../components/shared/flagger/flagger";

/** The fields of a Canary that are read. */
export interface CanaryObject {
    readonly metadata: {
        readonly name: string;
        /** For optimistic locking: a concurrent write is not overwritten. */
        readonly resourceVersion?: string;
        readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: {
        readonly analysis?: { readonly webhooks?: readonly { readonly type?: string }[] };
    };
    readonly status?: CanaryStatus;
}

export type ApprovalVerdict = "approved" | "rejected";
/** Before the version receives any traffic, or before it receives all of it. */
export type RolloutStage = GatedStage;

/** One recorded decision. */
export interface Decision {
    readonly verdict: ApprovalVerdict;
    readonly stage: RolloutStage;
    /** The Deployment's revision and images. */
    readonly version: string;
    /** The user that the API server authenticated. */
    readonly by: string;
    readonly reason: string;
    /** ISO 8601. */
    readonly at: string;
}

/** Annotation with the recorded decisions: a JSON list, the latest last. */
export const DECISIONS = "sparc.dev/decisions";
const MAX_DECISIONS = 20;

/** A decision that is not possible; the message states why. */
export class ApprovalError extends Error {}

/** A rollout that waits, and for which decision. */
export interface PausedRollout {
    readonly canary: CanaryObject;
    readonly stage: RolloutStage;
}

/** @throws ApprovalError if it waits for no decision; a rollout in progress can still be rejected */
export function pausedRollout(
    canaries: readonly CanaryObject[],
    name: string,
    verdict: ApprovalVerdict,
): PausedRollout {
    const canary = canaries.find(({ metadata }) => metadata.name === name);
    if (canary === undefined) {
        const known = canaries.map(({ metadata }) => metadata.name).sort();
        const suggestion = nearest(name, known);
        throw new ApprovalError(
            `Flagger has no Canary ${name}. ${suggestion === undefined ? `Canaries: ${known.join(", ") || "none"}.` : `Did you mean "${suggestion}"?`}`,
        );
    }
    if (!(canary.spec.analysis?.webhooks ?? []).some(({ type }) => type === "confirm-promotion"))
        throw new ApprovalError(
            `Canary ${name} has no manual gate. Set \`rollout.approval\` of the service in the catalogue to add one.`,
        );
    const { phase = INITIALIZING } = canary.status ?? {};
    const stage = gatedStage({ phase });
    if (stage === "progressing" && verdict === "rejected") return { canary, stage: "promotion" };
    if (stage !== undefined && stage !== "progressing") return { canary, stage };
    throw new ApprovalError(`Canary ${name} waits for no decision: its phase is ${phase}`);
}

/** The fields of a Deployment that are read. */
export interface DeploymentObject {
    readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
    readonly spec?: {
        readonly template: {
            readonly spec?: { readonly containers: readonly { readonly image?: string }[] };
        };
    };
}

/** The version of a Deployment's pod template. */
export interface Version {
    /** The Deployment's revision number. */
    readonly revision: string;
    /** Display name: the revision and the images. */
    readonly name: string;
}

export function versionOf({ metadata, spec }: DeploymentObject): Version {
    const revision = metadata?.annotations?.["deployment.kubernetes.io/revision"] ?? "?";
    const images = (spec?.template.spec?.containers ?? []).map(({ image = "?" }) => image);
    return { revision, name: `revision ${revision} of ${images.join(", ")}` };
}

/** The annotation's value including the new decision. */
export function withDecision({ metadata }: CanaryObject, decision: Decision): string {
    return JSON.stringify([...decisionsOf(metadata.annotations), decision].slice(-MAX_DECISIONS));
}

/** The recorded decisions; empty if the annotation is not a JSON list. */
export function decisionsOf(annotations: Readonly<Record<string, string>> = {}): readonly Decision[] {
    try {
        const decisions: unknown = JSON.parse(annotations[DECISIONS] ?? "[]");
        return Array.isArray(decisions) ? (decisions as Decision[]) : [];
    } catch {
        return [];
    }
}

/**
 * The gates to open, in this order. To reject a version before it receives traffic, Flagger must start the rollout and
 * roll it back at once, before a request reaches it: while it waits at `confirm-rollout`, Flagger checks no other gate.
 */
export function gatesFor(verdict: ApprovalVerdict, stage: RolloutStage): readonly string[] {
    const { gate, rollback } = GATE_PATHS;
    if (verdict === "approved") return [gate.open];
    return stage === "rollout" ? [rollback.open, gate.open] : [rollback.open];
}
