import { record, open, rolloutsOf, whoAmI } from "../delivery/cluster";
import { type Decision, gatesFor, stageOf, type Verdict } from "../delivery/decision";
import { type ClusterOptions, runningCluster } from "../up/running";

interface ApproveOptions extends ClusterOptions {
    readonly why: string;
    readonly refuse?: true;
    readonly json?: true;
}

/** What was decided is kept before any gate opens: no version goes on without a name beside it. */
export async function approve(service: string, options: ApproveOptions): Promise<void> {
    if (options.why.trim() === "")
        throw new Error("--why says nothing: give the reason, for those who ask later");
    const config = await runningCluster(options);
    const verdict: Verdict = options.refuse === true ? "refused" : "approved";
    const rollouts = await rolloutsOf(config);
    const stage = stageOf(rollouts, service, verdict);
    const decision: Decision = {
        verdict,
        stage,
        by: await whoAmI(config),
        why: options.why,
        at: new Date().toISOString(),
    };
    for (const rollout of rollouts.filter(({ metadata }) => metadata.name === service))
        await record(config, rollout, decision);
    for (const gate of gatesFor(verdict, stage)) await open(config, gate, service);
    process.stdout.write(
        options.json
            ? `${JSON.stringify({ service, ...decision })}\n`
            : `${service}: ${stage} ${verdict} by ${decision.by}. Flagger goes on at its next look; \`make status\` shows it.\n`,
    );
}
