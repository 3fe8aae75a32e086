/** A stack's platform with `workloads.services`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import type { Manifest } from "../../../components/base/manifest";
import type { Platform } from "../../../components/base/platform";
import { deriveAll } from "../../../components/concerns";
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

/** The objects that these entries add or change. */
export function added(stack: string, services: Readonly<Record<string, unknown>>, more = {}): Manifest[] {
    const before = new Set(
        deriveAll(platform(stack, {}, more)).objects.map((object) => JSON.stringify(object)),
    );
    return deriveAll(platform(stack, services, more)).objects.filter(
        (object) => !before.has(JSON.stringify(object)),
    );
}

/** The only object of this kind. */
export function only<Kind extends Manifest["kind"]>(
    objects: readonly Manifest[],
    kind: Kind,
): Extract<Manifest, { kind: Kind }> {
    const found = objects.filter((object) => object.kind === kind);
    assert.equal(found.length, 1, `${kind}: ${found.length}`);
    return found[0] as Extract<Manifest, { kind: Kind }>;
}
