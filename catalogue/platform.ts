import { catalogueOf } from "./assemble";
import { external } from "./external";
import type { Catalogue } from "./model";
import { plans } from "./plans";
import { alerting } from "./services/alerting";
import { business } from "./services/business";
import { devices } from "./services/devices";
import { edge } from "./services/edge";
import { identity } from "./services/identity";
import { intelligence } from "./services/intelligence";
import { video } from "./services/video";
import { stores } from "./stores";

/** The SPARC platform, unchecked: `load.ts` checks it. To describe your services, replace the parts. */
export const assembled = catalogueOf(
    { part: "catalogue/services/edge.ts", services: edge },
    { part: "catalogue/services/identity.ts", services: identity },
    { part: "catalogue/services/devices.ts", services: devices },
    { part: "catalogue/services/video.ts", services: video },
    { part: "catalogue/services/intelligence.ts", services: intelligence },
    { part: "catalogue/services/alerting.ts", services: alerting },
    { part: "catalogue/services/business.ts", services: business },
    { part: "catalogue/stores.ts", stores },
    { part: "catalogue/external.ts", external },
    { part: "catalogue/plans.ts", plans },
);

/** For tests. All other code gets the catalogue from `load.ts`. */
export const platform = assembled.catalogue as Catalogue;
