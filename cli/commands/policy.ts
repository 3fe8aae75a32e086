import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_FOLDER } from "../lib/checkout";
import { plural } from "../lib/plural";
import { Charts } from "../policy/charts";
import { chartFindings, chartsSummary, ofPolicies } from "../policy/charts/report";
import { readPackConfig } from "../policy/config";
import { Evaluation } from "../policy/evaluation";
import { type RunningPack, startPack } from "../policy/pack";
import {
    type Diagnostic,
    type EvaluatedResource,
    type PackConfig,
    type PolicyInfo,
} from "../policy/protocol";
import { registrations } from "../policy/registrations";
import { providerRendered } from "../policy/provider-rendered";
import { countByPolicy, describeDiagnostics } from "../policy/report";

interface PolicyOptions {
    readonly stack: string;
    readonly packConfig?: string;
    readonly json?: true;
    /** Fail if the objects of a chart cannot be evaluated. */
    readonly requireCharts?: true;
}

/**
 * Exits with 1 if a mandatory policy is violated, or, with `requireCharts`, if a chart's objects were not evaluated.
 */
export async function policy({ stack, packConfig, json, requireCharts }: PolicyOptions): Promise<void> {
    const start = performance.now();
    const folder = join(PROJECT_FOLDER, "policy");
    const starting = startPack(folder);
    try {
        const configured = configure(starting, packConfig ?? stackPackConfig(folder, stack));
        const evaluation = new Evaluation(starting.then(({ analyzer }) => configured.then(() => analyzer)));
        const charts = new Charts({ onObject: evaluation.take.bind(evaluation) });
        const registered = (resource: EvaluatedResource): void => {
            evaluation.take(resource);
            charts.take(resource);
        };
        const [policies, resources] = await Promise.all([configured, registrations({ stack, registered })]);
        const chartObjects = await charts.end();
        const evaluated = ofPolicies(
            await evaluation.end([...resources, ...chartObjects.objects]),
            chartObjects.objects,
        );
        const diagnostics = distinct([
            ...evaluated,
            ...chartFindings(chartObjects),
            ...providerRendered(resources),
        ]);
        const violations = diagnostics.filter(({ level }) => level !== "advisory");
        if (violations.length > 0 || (requireCharts === true && chartObjects.unevaluated.length > 0))
            process.exitCode = 1;
        if (json) {
            process.stdout.write(
                `${JSON.stringify({
                    stack,
                    policies: policies.length,
                    resources: resources.length,
                    charts: {
                        templated: chartObjects.templated,
                        objects: chartObjects.objects.length,
                        replaced: chartObjects.replaced,
                        notEvaluated: chartObjects.unevaluated,
                    },
                    diagnostics,
                })}\n`,
            );
            return;
        }
        process.stdout.write(describeDiagnostics(diagnostics));
        process.stdout.write(chartsSummary(chartObjects));
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        process.stdout.write(
            `stack ${stack}: ${plural(policies.length, "policy", "policies")} evaluated ${plural(resources.length, "resource")} ` +
                `and ${plural(chartObjects.objects.length, "chart object")} in ${seconds} s: ` +
                `${countByPolicy(violations)}, ${plural(diagnostics.length - violations.length, "advisory", "advisories")}.\n`,
        );
    } finally {
        // Also after a failure: a running pack would keep this process alive.
        await starting.then(
            (pack) => {
                pack.stop();
            },
            () => undefined,
        );
    }
}

/** The stack's configuration of the pack, if the file exists. */
function stackPackConfig(folder: string, stack: string): string | undefined {
    const file = join(folder, "config", `${stack}.json`);
    return existsSync(file) ? file : undefined;
}

async function configure(
    starting: Promise<RunningPack>,
    file: string | undefined,
): Promise<readonly PolicyInfo[]> {
    const { analyzer } = await starting;
    const policies = await analyzer.policies();
    await analyzer.configure(withSimulatedOutputs(readPackConfig(file, policies)), policies);
    return policies;
}

/** Removes repeated diagnostics: a policy can report the same problem once per list entry. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
    return [...new Map(diagnostics.map((one) => [JSON.stringify(one), one])).values()];
}

/**
 * The program runs with the same simulated outputs as in `npm run generate:policy-baseline`, so outputs are compared as
 * well.
 */
function withSimulatedOutputs(config: PackConfig): PackConfig {
    const settings = config["closed-settings"];
    if (typeof settings !== "object") return config;
    return { ...config, "closed-settings": { ...settings, withSimulatedOutputs: true } };
}
