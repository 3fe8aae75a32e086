/** The example platform on its local stack. */
import { join } from "node:path";
import { parseAssembled } from "../../catalogue/check";
import type { Platform } from "../../components/base/platform";
import { parseConfig, readStackFile } from "../../config/load";
import { assembled } from "../../example/bank/catalogue";

export const BANK = join(__dirname, "..", "..", "example", "bank");

/** @param services `workloads.services` */
export function bank(services: Readonly<Record<string, unknown>> = {}): Platform {
    const entries = readStackFile("local", BANK) as Record<string, object>;
    return {
        catalogue: parseAssembled(assembled),
        config: parseConfig("example", {
            ...entries,
            workloads: { ...entries["workloads"], services },
        }),
    };
}
