import { deployPlatform, type UpOptions } from "../up/deploy";
import { summary } from "../up/summary";

export async function up(options: UpOptions): Promise<void> {
    const deployed = await deployPlatform(options);
    process.stdout.write(options.json ? `${JSON.stringify(deployed)}\n` : `\n${summary(deployed)}\n`);
}
