import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { certificateProblems, gatewayCertificates } from "./certificate";
import { clientAuthorities, clientAuthorityProblems } from "./clients";
import { issuerProblems, issuers } from "./issuer";

export const certificates: Concern = {
    name: "certificates",
    derive: (platform) => ({
        releases: [],
        objects: [
            ...issuers(platform.config),
            ...gatewayCertificates(platform),
            ...clientAuthorities(platform),
        ],
    }),
    check: (platform) => [
        ...issuerProblems(platform.config),
        ...certificateProblems(platform),
        ...clientAuthorityProblems(platform),
    ],
};

/** The gateways' certificates and their issuers; and the CAs of client certificates that cert-manager creates. */
export class Certificates extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(certificates, platform, options);
    }
}
