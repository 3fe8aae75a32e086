import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { writeAtomically } from "../../local/files";
import { LOCAL_STACK, PROJECT_FOLDER } from "../checkout";
import { loadPlatform } from "../project";
import { loadKubeconfig } from "../kubeconfig";
import { targetRevision } from "../upgrade/target";
import { type Revision, type UpgradeStep, UpgradeError, planUpgrade } from "../upgrade/plan";
import { assertAllOn, restartOnto } from "../upgrade/restart";
import { withRevisions } from "../upgrade/stack-file";
import { RESTART_ORDER, planText } from "../upgrade/text";
import { type UpOptions, deployPlatform } from "../up/deploy";

interface UpgradeOptions extends Omit<UpOptions, "json"> {
    readonly stack: string;
    readonly to: string;
    readonly istioVersion?: string;
    readonly tag?: string;
    readonly apply?: true;
    readonly json?: true;
}

export async function upgrade(options: UpgradeOptions): Promise<void> {
    const { stack, to, json, apply } = options;
    const { istio } = loadPlatform(stack).config;
    const [first] = istio.revisions;
    const now = { revisions: istio.revisions, stable: istio.stable ?? first?.name ?? "" };
    const target = targetRevision(options, istio.revisions);
    const steps = planUpgrade(now, target);
    if (apply !== true) {
        print(json ? JSON.stringify({ from: now, to: target, steps }) : planText(stack, now, target, steps));
        return;
    }
    if (stack !== LOCAL_STACK)
        throw new UpgradeError(
            `--apply works on the stack ${LOCAL_STACK} only. For ${stack}, run the command without --apply and deploy each step as a reviewed change.`,
        );
    const log = (line: string) => {
        if (json !== true) print(line);
    };
    // Deploy the current file first, so that other pending changes do not mix with the upgrade.
    const cluster = loadKubeconfig(await deployPlatform(jsonOptions(options)));
    for (const [index, step] of steps.entries()) {
        log(`${index + 1} of ${steps.length}: ${step.title}`);
        await applyStep(step, target, cluster, options, log);
    }
    print(
        json ? JSON.stringify({ from: now, to: target, steps }) : `Stack ${stack} runs Istio revision ${to}.`,
    );
}

async function applyStep(
    step: UpgradeStep,
    { name }: Revision,
    cluster: KubeConfig,
    options: UpgradeOptions,
    log: (line: string) => void,
): Promise<void> {
    if (step.action === "restart") {
        await restartOnto(cluster, step.to, RESTART_ORDER, (line) => {
            log(`  ${line}`);
        });
        await assertAllOn(cluster, step.to);
        return;
    }
    const isLast = step.istio.revisions.every((revision) => revision.name === name);
    if (isLast) await assertAllOn(cluster, name);
    const file = join(PROJECT_FOLDER, `Pulumi.${LOCAL_STACK}.yaml`);
    await writeAtomically(file, withRevisions(readFileSync(file, "utf8"), step.istio), 0o644);
    await deployPlatform(jsonOptions(options));
}

function jsonOptions({ engine, context, kubeconfig, standinImage }: UpgradeOptions): UpOptions {
    return {
        engine,
        json: true,
        ...(context === undefined ? {} : { context }),
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(standinImage === undefined ? {} : { standinImage }),
    };
}

function print(line: string): void {
    process.stdout.write(`${line}\n`);
}
