import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { limiterFlows } from "./limiter/flows";
import { canonicalPathsAtGateways } from "./canonical-paths";
import { bearerInAnyCase } from "./bearer";
import { corsAtGateways, corsProblems } from "./cors";
import { foreignTokens } from "./foreign-tokens";
import { http10 } from "./http10";
import { literalClaims } from "./literal-claims";
import { clientHeaders } from "./headers";
import { limiter } from "./limiter/limiter";
import { localLimits } from "./local-limits";
import { oneToken } from "./single-token";
import { singleTenantFilters } from "./single-tenant";
import { planLimits } from "./plan-limits";
import { requestHeaderLimits, requestHeadersAtGateways } from "./request-headers";
import { withoutRequestTrailers } from "./request-trailers";
import { samplingFilters } from "./sampling";
import { tenantFilters } from "./tenants";
import { withoutSni } from "./without-sni";
import { requestAuthentications } from "./tokens";

export const edge: Concern = {
    name: "edge",
    derive: (platform) => ({
        releases: [],
        objects: [
            canonicalPathsAtGateways(platform),
            clientHeaders(platform),
            requestHeaderLimits(platform),
            requestHeadersAtGateways(platform),
            withoutRequestTrailers(),
            ...http10(platform),
            ...withoutSni(platform),
            ...requestAuthentications(platform),
            ...oneToken(platform),
            ...literalClaims(platform),
            ...bearerInAnyCase(platform),
            ...foreignTokens(platform),
            ...corsAtGateways(platform),
            ...samplingFilters(platform),
            ...singleTenantFilters(platform),
            ...tenantFilters(platform),
            ...localLimits(platform),
            ...planLimits(platform),
            ...limiter(platform),
        ],
    }),
    flows: limiterFlows,
    check: corsProblems,
    // Without these a gateway would accept any client's identity headers.
    anchors: ({ kind }) => kind === "EnvoyFilter" || kind === "RequestAuthentication",
};

/** Client authentication and rate limits at the gateways. */
export class Edge extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(edge, platform, options);
    }
}
