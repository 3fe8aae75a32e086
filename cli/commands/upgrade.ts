import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { writeAtomically } from "../../local/files";
import { LOCAL_STACK, PROJECT_FOLDER } from "../checkout";
import { loadPlatform } from "../project";
import { connect } from "../up/cluster";
import { goalOf } from "../upgrade/goal";
import { type Revision, type Step, UpgradeError, planUpgrade } from "../upgrade/plan";
import { assertAllOn, restartOnto } from "../upgrade/restart";
import { withIstios } from "../upgrade/stack-file";
import { RESTARTED, planText } from "../upgrade/text";
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
    const goal = goalOf(options, istio.revisions);
    const steps = planUpgrade(now, goal);
    if (apply !== true) {
        print(json ? JSON.stringify({ from: now, to: goal, steps }) : planText(stack, now, goal, steps));
        return;
    }
    if (stack !== LOCAL_STACK)
        throw new UpgradeError(
            `--apply is for the stack ${LOCAL_STACK}; of ${stack}, each step is a change that somebody reviews: run this without it`,
        );
    const tell = (line: string) => {
        if (json !== true) print(line);
    };
    // As it is, so that whatever else is new comes before the upgrade and not with it.
    const cluster = connect(await deployPlatform(silent(options)));
    for (const [index, step] of steps.entries()) {
        tell(`${index + 1} of ${steps.length}: ${step.title}`);
        await take(step, goal, cluster, options, tell);
    }
    print(json ? JSON.stringify({ from: now, to: goal, steps }) : `Istio of ${stack} is ${to}.`);
}

async function take(
    step: Step,
    { name }: Revision,
    cluster: KubeConfig,
    options: UpgradeOptions,
    tell: (line: string) => void,
): Promise<void> {
    if (step.do === "restart") {
        await restartOnto(cluster, step.to, RESTARTED, (line) => {
            tell(`  ${line}`);
        });
        await assertAllOn(cluster, step.to);
        return;
    }
    const isLast = step.istio.revisions.every((revision) => revision.name === name);
    if (isLast) await assertAllOn(cluster, name);
    const file = join(PROJECT_FOLDER, `Pulumi.${LOCAL_STACK}.yaml`);
    await writeAtomically(file, withIstios(readFileSync(file, "utf8"), step.istio), 0o644);
    await deployPlatform(silent(options));
}

function silent({ engine, context, kubeconfig, standinImage }: UpgradeOptions): UpOptions {
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
