import { join } from "node:path";
import { PROJECT_FOLDER } from "../project";
import { readPackConfig } from "../policy/config";
import { judge } from "../policy/judge";
import { startPack } from "../policy/pack";
import { type Diagnostic } from "../policy/protocol";
import { unseen } from "../policy/unseen";
import { registrations } from "../policy/registrations";

interface PolicyOptions {
    readonly stack: string;
    readonly packConfig?: string;
    readonly json?: true;
}

/** Exits with 1 where a mandatory policy is violated. */
export async function policy({ stack, packConfig, json }: PolicyOptions): Promise<void> {
    const start = performance.now();
    const folder = join(PROJECT_FOLDER, "policy");
    const starting = startPack(folder);
    try {
        const [pack, resources] = await Promise.all([starting, registrations({ stack })]);
        const policies = await pack.analyzer.policies();
        const config = readPackConfig(packConfig ?? join(folder, "config", `${stack}.json`), policies);
        await pack.analyzer.configure(config, policies);
        const found = [...(await judge(pack.analyzer, resources)), ...unseen(resources)];
        const refused = found.filter(({ level }) => level !== "advisory");
        if (refused.length > 0) process.exitCode = 1;
        if (json) {
            process.stdout.write(
                `${JSON.stringify({ stack, policies: policies.length, resources: resources.length, findings: found })}\n`,
            );
            return;
        }
        process.stdout.write(found.map(described).join(""));
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        process.stdout.write(
            `stack ${stack}: ${policies.length} policies judged ${resources.length} resources in ${seconds} s: ` +
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

function described({ policy: name, level, message }: Diagnostic): string {
    return `[${level}] ${name}\n${message.replace(/^/gm, "  ")}\n\n`;
}
