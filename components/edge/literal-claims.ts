import type { EnvoyFilterManifest } from "../base/manifest";
import { literalClaimsFilter } from "../shared/tokens/literal-claims";
import type { Platform } from "../base/platform";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";
import { tokenGateways } from "./tokens";

/** Sets the headers of claims whose names contain dots, which Istio's `outputClaimToHeaders` cannot. */
export function literalClaims(platform: Platform): EnvoyFilterManifest[] {
    const config = literalClaimsFilter(platform.config.edge.issuers);
    if (config === undefined) return [];
    return tokenGateways(platform).map((gateway) =>
        envoyFilter(`${gateway}-literal-claims`, gateway, PRIORITY.tokens, [
            beforeRouter("sparc.literal_claims", config),
        ]),
    );
}
