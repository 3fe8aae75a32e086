/** Checks a whole catalogue, before anything is derived from it. */

import type { Assembled } from "./assemble";
import { checkBalancing } from "./checks/balancing";
import { checkClientCertificates } from "./checks/client-certificates";
import { checkCycles } from "./checks/cycles";
import { checkExposurePaths } from "./checks/exposure-paths";
import { checkExposures } from "./checks/exposures";
import { checkExternal } from "./checks/external";
import { checkHosts } from "./checks/hosts";
import { checkLimits } from "./checks/limits";
import { checkDuplicates, checkNames } from "./checks/names";
import { checkOffers } from "./checks/offers";
import { checkOverlaps } from "./checks/overlaps";
import { checkPeers } from "./checks/peers";
import { checkPorts } from "./checks/ports";
import { CatalogueError, type CatalogueCheck, type Problem } from "./checks/problem";
import { checkProtocols } from "./checks/protocols";
import { checkReferences } from "./checks/references";
import { checkRetries } from "./checks/retries";
import { checkRetryPolicies } from "./checks/retry-policies";
import { checkRollouts } from "./checks/rollouts";
import { checkSharedRequests } from "./checks/shared-requests";
import { checkTenantContext } from "./checks/tenant-context";
import { checkTiers } from "./checks/tiers";
import { checkTimeouts } from "./checks/timeouts";
import { checkWorkloads } from "./checks/workloads";
import type { Catalogue } from "./model";
import { catalogueSchema } from "./schema/catalogue";
import { schemaProblems } from "./schema/issues";

export { CatalogueError, didYouMean, nearest } from "./checks/problem";
export type { Problem } from "./checks/problem";

const CHECKS: readonly CatalogueCheck[] = [
    checkNames,
    checkPorts,
    checkPeers,
    checkReferences,
    checkProtocols,
    checkOffers,
    checkOverlaps,
    checkHosts,
    checkExternal,
    checkExposures,
    checkExposurePaths,
    checkClientCertificates,
    checkSharedRequests,
    checkLimits,
    checkCycles,
    checkTimeouts,
    checkRetries,
    checkRetryPolicies,
    checkBalancing,
    checkRollouts,
    checkTenantContext,
    checkTiers,
    checkWorkloads,
];

/**
 * All problems of a catalogue, in an order that does not depend on the order of its names. The semantic checks run only
 * if the catalogue matches its schema.
 */
export function checkCatalogue(catalogue: unknown): Problem[] {
    const problems = schemaProblems(catalogueSchema, catalogue);
    return problems.length > 0 ? problems : CHECKS.flatMap((check) => check(catalogue as Catalogue));
}

/**
 * Parses and checks a catalogue. Returns a copy, so that later changes to `data` have no effect.
 *
 * @throws CatalogueError with all problems at once.
 */
export function parseCatalogue(data: unknown): Catalogue {
    return parseAssembled({ catalogue: data, problems: [], duplicates: [], sources: new Map() });
}

/** Like `parseCatalogue`, for a catalogue in several files. */
export function parseAssembled({ catalogue, problems, duplicates, sources }: Assembled): Catalogue {
    const all =
        problems.length > 0 ? problems : [...checkDuplicates(duplicates), ...checkCatalogue(catalogue)];
    if (all.length > 0) throw new CatalogueError(all, (where) => sourceOf(where, sources));
    return catalogueSchema.parse(catalogue);
}

/** The file that defines `where`: `services.video.ports.http` from the schema, `video.ports.http` from the checks. */
function sourceOf(where: string, sources: ReadonlyMap<string, string>): string | undefined {
    for (const [definition, source] of sources) {
        for (const place of [definition, definition.replace(/^services\./, "")]) {
            if (where === place || where.startsWith(`${place}.`)) return source;
        }
    }
    return undefined;
}
