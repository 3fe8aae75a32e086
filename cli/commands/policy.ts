import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_FOLDER } from "../checkout";
import { Charts } from "../policy/charts";
import { chartFindings, chartsSummary, ofPolicies } from "../policy/charts/report";
import { readPackConfig } from "../policy/config";
import { Judging } from "../policy/judge";
import { type RunningPack, startPack } from "../policy/pack";
import { type Diagnostic, type JudgedResource, type PackConfig, type PolicyInfo } from "../policy/protocol";
import { registrations } from "../policy/registrations";
import { unseen } from "../policy/unseen";

interface PolicyOptions {
    readonly stack: string;
    readonly packConfig?: string;
    readonly json?: true;
    /** Fails where objects of a chart could not be judged. */
    readonly requireCharts?: true;
}

/** Exits with 1 where a mandatory policy is violated, or, with `requireCharts`, where a chart's objects are not judged. */
export async function policy({ stack, packConfig, json, requireCharts }: PolicyOptions): Promise<void> {
    const start = performance.now();
    const folder = join(PROJECT_FOLDER, "policy");
    const starting = startPack(folder);
    try {
        const configured = configure(starting, packConfig ?? ofStack(folder, stack));
        const judging = new Judging(starting.then(({ analyzer }) => configured.then(() => analyzer)));
        const charts = new Charts({ found: judging.take.bind(judging) });
        const registered = (resource: JudgedResource): void => {
            judging.take(resource);
            charts.take(resource);
        };
        const [policies, resources] = await Promise.all([configured, registrations({ stack, registered })]);
        const made = await charts.end();
        const judged = ofPolicies(await judging.end([...resources, ...made.objects]), made.objects);
        const found = [...judged, ...chartFindings(made), ...unseen(resources)];
        const refused = found.filter(({ level }) => level !== "advisory");
        if (refused.length > 0 || (requireCharts === true && made.unjudged.length > 0)) process.exitCode = 1;
        if (json) {
            process.stdout.write(
                `${JSON.stringify({
                    stack,
                    policies: policies.length,
                    resources: resources.length,
                    charts: {
                        templated: made.templated,
                        objects: made.objects.length,
                        replaced: made.replaced,
                        notJudged: made.unjudged,
                    },
                    findings: found,
                })}\n`,
            );
            return;
        }
        process.stdout.write(found.map(described).join(""));
        process.stdout.write(chartsSummary(made));
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        process.stdout.write(
            `stack ${stack}: ${policies.length} policies judged ${resources.length} resources ` +
                `and ${made.objects.length} objects of charts in ${seconds} s: ` +
                `${refused.length} violations, ${found.length - refused.length} notes.\n`,
        );
    } finally {
        // Also where the program failed: a pack that still runs, or starts, would keep this process from its end.
        await starting.then(
            (pack) => {
                pack.stop();
            },
            () => undefined,
        );
    }
}

/** A stack's own configuration of the pack, where it has one. */
function ofStack(folder: string, stack: string): string | undefined {
    const file = join(folder, "config", `${stack}.json`);
    return existsSync(file) ? file : undefined;
}

async function configure(
    starting: Promise<RunningPack>,
    file: string | undefined,
): Promise<readonly PolicyInfo[]> {
    const { analyzer } = await starting;
    const policies = await analyzer.policies();
    await analyzer.configure(simulated(readPackConfig(file, policies)), policies);
    return policies;
}

function described({ policy: name, level, message }: Diagnostic): string {
    return `[${level}] ${name}\n${message.replace(/^/gm, "  ")}\n\n`;
}

/** The program runs here with the same simulated outputs as in `npm run generate:policy-baseline`, so they are compared, too. */
function simulated(config: PackConfig): PackConfig {
    const settings = config["closed-settings"];
    if (typeof settings !== "object") return config;
    return { ...config, "closed-settings": { ...settings, simulated: true } };
}
