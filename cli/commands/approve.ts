import type { KubeConfig } from "@kubernetes/client-node";
import { record, rolloutsOf, turn, versionIn, whoAmI } from "../delivery/cluster";
import { CannotDecide, type Decision, gatesFor, type Verdict, waiting } from "../delivery/decision";
import { type ClusterOptions, runningCluster } from "../up/running";

interface ApproveOptions extends ClusterOptions {
    readonly why: string;
    readonly refuse?: true;
    /** The Deployment's revision that somebody looked at. */
    readonly revision?: string;
    readonly json?: true;
}

/** How often a decision is made again because the rollout was written meanwhile: Flagger does at each of its looks. */
const ATTEMPTS = 5;

/** What was decided is kept before any gate opens: no version goes on without a name beside it. */
export async function approve(service: string, options: ApproveOptions): Promise<void> {
    if (options.why.trim() === "")
        throw new Error("--why says nothing: give the reason, for those who ask later");
    const config = await runningCluster(options);
    const verdict: Verdict = options.refuse === true ? "refused" : "approved";
    const decision = await decide(config, service, verdict, options);
    for (const gate of gatesFor(verdict, decision.stage)) await turn(config, gate, service);
    await assertStill(config, service, decision);
    const { stage, version, by } = decision;
    process.stdout.write(
        options.json
            ? `${JSON.stringify({ service, ...decision })}\n`
            : `${service}: ${stage} of ${version} ${verdict} by ${by}. Flagger goes on at its next look; \`make status\` shows it.\n`,
    );
}

/** The decision, as it is kept. It is about what is there when it is kept, and not when somebody began to look. */
async function decide(
    config: KubeConfig,
    service: string,
    verdict: Verdict,
    { why, revision: seen }: ApproveOptions,
): Promise<Decision> {
    const by = await whoAmI(config);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const { rollout, stage } = waiting(await rolloutsOf(config), service, verdict);
        const { revision, name: version } = await versionIn(config, service);
        if (seen !== undefined && seen !== revision)
            throw new CannotDecide(
                `${service} is at ${version}, and --revision says ${seen}: it was deployed since you looked; look again, and decide about that`,
            );
        const decision = { verdict, stage, version, by, why, at: new Date().toISOString() };
        if (await record(config, rollout, decision)) return decision;
    }
    throw new CannotDecide(
        `${service} was written ${ATTEMPTS} times while the decision was to be kept; nothing was decided: try again`,
    );
}

/** A gate knows services and no versions: it is shut again where another came while it was opened. */
async function assertStill(config: KubeConfig, service: string, decision: Decision): Promise<void> {
    const { name } = await versionIn(config, service);
    if (decision.verdict === "refused" || name === decision.version) return;
    await turn(config, "/gate/close", service);
    throw new CannotDecide(
        `${service} was deployed while you decided about ${decision.version}, and is at ${name}: the gate is shut again; look at that one, and decide anew`,
    );
}
