/** The checks on a whole catalogue, made before anything is derived from it. */

import type { Duplicate } from "./assemble";
import { checkBalancing } from "./checks/balancing";
import { checkCycles } from "./checks/cycles";
import { checkExposures } from "./checks/exposures";
import { checkExternal } from "./checks/external";
import { checkHosts } from "./checks/hosts";
import { checkLimits } from "./checks/limits";
import { checkNames } from "./checks/names";
import { checkOffers } from "./checks/offers";
import { checkOverlaps } from "./checks/overlaps";
import { checkPorts } from "./checks/ports";
import type { Check, Problem } from "./checks/problem";
import { checkProtocols } from "./checks/protocols";
import { checkReferences } from "./checks/references";
import { checkRetries } from "./checks/retries";
import { checkRollouts } from "./checks/rollouts";
import { checkTiers } from "./checks/tiers";
import { checkTimeouts } from "./checks/timeouts";
import { checkWorkloads } from "./checks/workloads";
import type { Catalogue } from "./model";

export { didYouMean, nearest } from "./checks/problem";
export type { Problem } from "./checks/problem";

/** A catalogue, which knows of duplicates if it was assembled from parts. */
type Checkable = Catalogue & { readonly duplicates?: readonly Duplicate[] };

const CHECKS: readonly Check[] = [
    checkNames,
    checkPorts,
    checkReferences,
    checkProtocols,
    checkOffers,
    checkOverlaps,
    checkHosts,
    checkExternal,
    checkExposures,
    checkLimits,
    checkCycles,
    checkTimeouts,
    checkRetries,
    checkBalancing,
    checkRollouts,
    checkTiers,
    checkWorkloads,
];

/** All problems of a catalogue, in an order that does not depend on the order of its names. */
export function checkCatalogue(catalogue: Checkable): Problem[] {
    return CHECKS.flatMap((check) => check(catalogue));
}

/** Throws one error with all problems of a catalogue, if it has any. */
export function assertCatalogue(catalogue: Checkable): void {
    const problems = checkCatalogue(catalogue);
    if (problems.length === 0) return;
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    throw new Error(`The catalogue has ${count}:\n\n${problems.map(describe).join("\n\n")}`);
}

function describe({ rule, where, message, remedy }: Problem): string {
    return `${where} [${rule}]\n    ${message}\n    ${remedy}`;
}
