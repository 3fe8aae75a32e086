/** Rollouts on the local cluster: new versions of a stand-in, and Flagger's results. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Deployment } from "./deployment";

export interface Canary {
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
    readonly status: { readonly phase: string; readonly canaryWeight: number; readonly iterations: number };
}

/** The analysis interval is 10 s, plus the time for pods to start and terminate. */
const TIMEOUT_MS = 420_000;
export const ENDED: readonly string[] = ["Succeeded", "Failed"];

export class Rollouts {
    constructor(private readonly node: Deployment) {}

    async canary(service: string): Promise<Canary> {
        const text = await this.node.kubectl([
            ...["get", "canary", "--namespace", "sparc", service, "--output", "json"],
        ]);
        return JSON.parse(text) as Canary;
    }

    /** Flagger's events for the service, one per line, such as why it rolled back a version. */
    async events(service: string): Promise<string> {
        const fields = `involvedObject.kind=Canary,involvedObject.name=${service}`;
        const columns = "custom-columns=AT:.lastTimestamp,TIMES:.count,MESSAGE:.message";
        return await this.node.kubectl([
            ...["get", "events", "--namespace", "sparc", "--field-selector", fields],
            ...["--sort-by", ".lastTimestamp", "--output", columns],
        ]);
    }

    /** Deploys a version of the service whose stand-in gets additional `flags`. */
    async deploy(service: string, flags: readonly string[]): Promise<void> {
        const at = ["--namespace", "sparc", "deployment", service];
        const text = await this.node.kubectl(["get", ...at, "--output", "json"]);
        const { spec } = JSON.parse(text) as {
            spec: { template: { spec: { containers: { name: string; args: string[] }[] } } };
        };
        const [container] = spec.template.spec.containers;
        assert.ok(container);
        const args = container.args.filter(
            (arg, position, all) => !DEFECTS.has(arg) && !DEFECTS.has(all[position - 1] ?? ""),
        );
        await this.node.mergePatch("deployment", "sparc", service, {
            spec: {
                template: {
                    metadata: { annotations: { "test.sparc.dev/deployed": new Date().toISOString() } },
                    spec: { containers: [{ ...container, args: [...args, ...flags] }] },
                },
            },
        });
    }

    /** Waits for one of these phases. @returns it, and the observed steps */
    async until(
        service: string,
        phases: readonly string[],
        within = TIMEOUT_MS,
    ): Promise<{ readonly phase: string; readonly steps: readonly string[] }> {
        const steps: string[] = [];
        for (const end = Date.now() + within; ;) {
            const { status } = await this.canary(service);
            const step = `${status.phase} ${status.canaryWeight}`;
            if (steps.at(-1) !== step) steps.push(step);
            if (phases.includes(status.phase)) return { phase: status.phase, steps };
            assert.ok(Date.now() < end, `${service} went ${steps.join(", ")}`);
            await pause(1_000);
        }
    }

    /** Deploys a version and waits for the end of its rollout. */
    async rollOut(service: string, flags: readonly string[]): ReturnType<Rollouts["until"]> {
        await this.deploy(service, flags);
        await this.until(service, ["Progressing", "Waiting"], 60_000);
        return await this.until(service, ENDED);
    }
}

const DEFECTS: ReadonlySet<string> = new Set(["--errors", "--delay", "--bad-figures"]);
