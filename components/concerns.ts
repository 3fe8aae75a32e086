import { access } from "./access/access";
import type { Concern } from "./base/concern";
import { type Derived, manifestKey } from "./base/manifest";
import type { Platform } from "./base/platform";
import { controlPlane } from "./control-plane/control-plane";
import { egress } from "./egress/egress";
import { gateways } from "./gateways/gateways";
import { identity } from "./identity/identity";
import { namespaces } from "./namespaces/namespaces";
import { traffic } from "./traffic/traffic";
import { workloads } from "./workloads/workloads";

/** All concerns, in the order in which `index.ts` registers them. */
export const CONCERNS: readonly Concern[] = [
    namespaces,
    controlPlane,
    identity,
    access,
    traffic,
    gateways,
    egress,
    workloads,
];

/** A configuration and a catalogue that do not fit together. Its message lists every mistake, and what to do. */
export class PlatformError extends Error {
    constructor(readonly problems: readonly string[]) {
        const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
        super(
            `The stack's configuration does not fit the catalogue: ${count}\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
        );
        this.name = "PlatformError";
    }
}

/** @throws PlatformError with the mistakes that all concerns find, before anything is registered. */
export function assertPlatform(platform: Platform): void {
    const problems = CONCERNS.flatMap(({ check }) => check?.(platform) ?? []);
    // Nothing can be said of what is derived from mistakes.
    if (problems.length === 0) problems.push(...collisions(platform));
    if (problems.length > 0) throw new PlatformError(problems);
}

/** Names that two concerns, or one of them twice, give to different things. */
function collisions(platform: Platform): string[] {
    const first = new Map<string, string>();
    return CONCERNS.flatMap(({ name, derive }) => {
        const { releases, objects } = derive(platform);
        const keys = [
            ...objects.map(manifestKey),
            ...releases.map((release) => `${release.namespace}/Release/${release.name}`),
        ];
        return keys.flatMap((key) => {
            const other = first.get(key);
            first.set(key, name);
            return other === undefined
                ? []
                : [
                      `${key} is made twice, by ${other} and by ${name}; give the service, version or host that it is named after another name`,
                  ];
        });
    });
}

/** Everything that the program adds to a cluster, for whoever needs it without an engine. */
export function deriveAll(platform: Platform): Derived {
    const all = CONCERNS.map(({ derive }) => derive(platform));
    return {
        releases: all.flatMap(({ releases }) => releases),
        objects: all.flatMap(({ objects }) => objects),
    };
}
