/** A stack's platform with `workloads.services`. */
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import type { Platform } from "../../../components/base/platform";
import { parseConfig, readStackFile } from "../../../config/load";

export const ROOT = join(__dirname, "..", "..", "..");
export const IMAGE = "registry.example.com/reports:1.4.2";
export const WITHOUT_DELIVERY = { delivery: { enabled: false } };

/** The stack with these `workloads.services`, and other entries replaced. */
export function platform(
    stack: string,
    services: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
): Platform {
    const entries = readStackFile(stack, ROOT);
    const workloads = entries["workloads"] ?? { standIns: false };
    return {
        catalogue,
        config: parseConfig("test", { ...entries, ...more, workloads: { ...workloads, services } }),
    };
}
