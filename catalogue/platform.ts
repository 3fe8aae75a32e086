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

/** The SPARC platform. To put in services of your own, replace the parts. */
export const platform: Catalogue = catalogueOf(
    { part: "services/edge.ts", services: edge },
    { part: "services/identity.ts", services: identity },
    { part: "services/devices.ts", services: devices },
    { part: "services/video.ts", services: video },
    { part: "services/intelligence.ts", services: intelligence },
    { part: "services/alerting.ts", services: alerting },
    { part: "services/business.ts", services: business },
    { part: "stores.ts", stores },
    { part: "external.ts", external },
    { part: "plans.ts", plans },
);
