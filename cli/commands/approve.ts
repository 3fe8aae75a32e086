import type { KubeConfig } from "@kubernetes/client-node";
import { recordDecision, canariesIn, callGate, versionIn, currentUser } from "../delivery/cluster";
import {
    ApprovalError,
    type Decision,
    gatesFor,
    type ApprovalVerdict,
    pausedRollout,
} from "../delivery/decision";
import { type ClusterOptions, runningCluster } from "../up/running";

interface ApproveOptions extends ClusterOptions {
    readonly reason: string;
    readonly reject?: true;
    /** The Deployment revision that the user reviewed. */
    readonly revision?: string;
    readonly json?: true;
}

/** How often to retry after a write conflict: Flagger updates the Canary at every analysis interval. */
const ATTEMPTS = 5;

/** Records the decision before opening a gate: no version proceeds without a recorded user. */
export async function approve(service: string, options: ApproveOptions): Promise<void> {
    if (options.reason.trim() === "") throw new Error("--reason is empty: state why, for the audit record");
    const config = await runningCluster(options);
    const verdict: ApprovalVerdict = options.reject === true ? "rejected" : "approved";
    const decision = await decide(config, service, verdict, options);
    for (const gate of gatesFor(verdict, decision.stage)) await callGate(config, gate, service);
    await assertUnchanged(config, service, decision);
    const { stage, version, by } = decision;
    process.stdout.write(
        options.json
            ? `${JSON.stringify({ service, ...decision })}\n`
            : `${service}: ${stage} of ${version} ${verdict} by ${by}. Flagger continues at its next analysis interval; see \`make status\`.\n`,
    );
}

/** Records the decision for the revision that is current when it is recorded. */
async function decide(
    config: KubeConfig,
    service: string,
    verdict: ApprovalVerdict,
    { reason, revision: expectedRevision }: ApproveOptions,
): Promise<Decision> {
    const by = await currentUser(config);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const { canary, stage } = pausedRollout(await canariesIn(config), service, verdict);
        const { revision, name: version } = await versionIn(config, service);
        if (expectedRevision !== undefined && expectedRevision !== revision)
            throw new ApprovalError(
                `${service} is at ${version}, not at revision ${expectedRevision} as --revision states: it was deployed after your review. Review the new revision and decide again.`,
            );
        const decision = { verdict, stage, version, by, reason, at: new Date().toISOString() };
        if (await recordDecision(config, canary, decision)) return decision;
    }
    throw new ApprovalError(
        `Canary ${service}: ${ATTEMPTS} write conflicts in a row, no decision was recorded. Run the command again.`,
    );
}

/**
 * Flagger's gates are per service, not per version: closes the gate again if another version was deployed meanwhile.
 */
async function assertUnchanged(config: KubeConfig, service: string, decision: Decision): Promise<void> {
    const { name } = await versionIn(config, service);
    if (decision.verdict === "rejected" || name === decision.version) return;
    await callGate(config, "/gate/close", service);
    throw new ApprovalError(
        `${service} was deployed while you decided about ${decision.version}, and is now at ${name}. The gate is closed again. Review ${name} and decide again.`,
    );
}
