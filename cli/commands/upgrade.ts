import { EXIT } from "../lib/errors";
import { loadPlatform } from "../lib/project";
import { type UpOptions } from "../up/deploy";
import {
    type ApplyReport,
    applySteps,
    assertDeployed,
    assertNodesPinned,
    remainderText,
    type StackDeployment,
} from "../upgrade/apply";
import { deploymentOf } from "./upgrade-deployments";
import {
    planUpgrade,
    type RestartScope,
    restartSteps,
    type Revision,
    stateOf,
    type UpgradeStep,
    UpgradeError,
} from "../upgrade/plan";
import { targetRevision } from "../upgrade/target";
import { planText } from "../upgrade/text";

interface UpgradeOptions extends Omit<UpOptions, "json"> {
    readonly stack: string;
    readonly to?: string;
    readonly istioVersion?: string;
    readonly tag?: string;
    readonly apply?: true;
    readonly restart?: RestartScope;
    readonly batch: number;
    readonly json?: true;
}

/** Exits with 1 if something is left to do that the command must not do itself. */
export async function upgrade(options: UpgradeOptions): Promise<void> {
    const { stack, json } = options;
    if (options.apply && options.restart !== undefined)
        throw new UpgradeError("--apply executes all steps, --restart only restarts: use one of them.");
    const { config } = loadPlatform(stack);
    const now = stateOf(config.istio);
    const target = targetRevision(options, config.istio.revisions);
    const steps = planUpgrade(now, target);
    if (!options.apply && options.restart === undefined) {
        print(
            json
                ? JSON.stringify({ stack, from: now, to: target, steps })
                : planText(stack, now, target, steps),
        );
        return;
    }
    if (options.apply) assertNodesPinned(stack, config.cluster);
    const deployment = deploymentOf(stack, config, options);
    const report = options.apply
        ? await applyPlan(steps, target, deployment, options)
        : await restartOnly(target, deployment, options);
    if (!report.complete) process.exitCode = EXIT.difference;
    print(
        json
            ? JSON.stringify({ stack, from: now, to: target, steps, ...report })
            : summary(report, options, target),
    );
}

async function applyPlan(
    steps: readonly UpgradeStep[],
    target: Revision,
    deployment: StackDeployment,
    options: UpgradeOptions,
): Promise<ApplyReport> {
    // Deploy the current file first: a run that was killed may not have deployed it, and other pending changes do not
    // mix with the upgrade.
    log(options, "deploying the stack as its file defines it now");
    await deployment.deploy();
    const { config } = loadPlatform(options.stack);
    await assertDeployed(await deployment.cluster(), options.stack, config.istio.revisions);
    return applySteps(steps, target, deployment, applyOptions(options));
}

/** Restarts what is stale now: for stacks whose file is deployed by a pipeline. */
async function restartOnly(
    target: Revision,
    deployment: StackDeployment,
    options: UpgradeOptions,
): Promise<ApplyReport> {
    const { config } = loadPlatform(options.stack);
    await assertDeployed(await deployment.cluster(), options.stack, config.istio.revisions);
    const restarts = restartSteps(target.name).filter(({ scope }) => scope === options.restart);
    return applySteps(restarts, target, deployment, applyOptions(options));
}

function applyOptions(options: UpgradeOptions) {
    return {
        batch: options.batch,
        log: (line: string) => {
            log(options, line);
        },
    };
}

function summary(report: ApplyReport, { stack, apply, restart }: UpgradeOptions, target: Revision): string {
    const { complete, restarted } = report;
    if (!complete) return remainderText(report).join("\n");
    return apply
        ? `Stack ${stack} runs Istio revision ${target.name}. Commit Pulumi.${stack}.yaml.`
        : `${restarted.length} of the ${restart ?? ""} restarted. All their proxies use ${target.name}.`;
}

/** With --json, progress goes to standard error. */
function log({ json }: UpgradeOptions, line: string): void {
    (json ? process.stderr : process.stdout).write(`${line}\n`);
}

function print(line: string): void {
    process.stdout.write(`${line}\n`);
}
