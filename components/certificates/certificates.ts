import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { gatewayCertificates } from "./certificate";
import { issuerProblems, issuers } from "./issuer";

export const certificates: Concern = {
    name: "certificates",
    derive: (platform) => ({
        releases: [],
        objects: [...issuers(platform.config), ...gatewayCertificates(platform)],
    }),
    check: ({ config }) => issuerProblems(config),
};

/** The gateways' certificates, and who signs them. */
export class Certificates extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(certificates, platform, options);
    }
}
