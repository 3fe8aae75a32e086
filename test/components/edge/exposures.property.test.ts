/** Several exposures of one service at one gateway: what the service's sidecar allows under each host. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Authentication, Catalogue, Exposure, Request } from "../../../catalogue/model";
import { platform as catalogue } from "../../../catalogue/platform";
import type { AuthorizationPolicyManifest } from "../../../components/base/manifest";
import { authorizationPolicies } from "../../../components/access/authorization";
import { config } from "../../support/edge";

/** No template of one host matches a request of another. */
const REQUESTS: readonly Request[] = ["GET /public/{**}", "GET /private/{**}", "POST /private", "PUT /admin"];
const PRINCIPAL = "cluster.local/ns/istio-ingress/sa/istio-ingressgateway";

const exposed = fc
    .array(
        fc.record({
            requests: fc.subarray([...REQUESTS], { minLength: 1 }),
            authentication: fc.constantFrom<Authentication>("jwt", "signed", "none"),
        }),
        { minLength: 2, maxLength: 4 },
    )
    .map((drawn) =>
        drawn.map(({ requests, authentication }, index): Exposure => ({
            gateway: "public",
            host: `host-${index}`,
            port: "http",
            requests,
            authentication,
            timeout: "5s",
        })),
    );

function catalogueWith(exposures: readonly Exposure[]): Catalogue {
    const files = {
        domain: "test",
        summary: "Has several hosts.",
        tier: "standard",
        ports: { http: { protocol: "http", number: 8080, requests: REQUESTS } },
        exposures,
    } as const;
    return { ...catalogue, services: { ...catalogue.services, files } };
}

/** Evaluates `hosts`, `methods` and `paths` as Istio's reference specifies, but no path templates. */
function allows(policies: readonly AuthorizationPolicyManifest[], host: string, request: Request): boolean {
    const [method = "", path = ""] = request.split(" ");
    return policies
        .flatMap(({ spec }) => spec.rules ?? [])
        .some(
            ({ from = [], to = [] }) =>
                from.some(({ source }) => source?.principals?.includes(PRINCIPAL)) &&
                to.some(
                    ({ operation }) =>
                        (operation?.hosts?.includes(host) ?? true) &&
                        (operation?.methods?.includes(method) ?? true) &&
                        (operation?.paths?.includes(path) ?? true),
                ),
        );
}

describe("exposures of one service at one gateway", () => {
    it("allow under each host exactly what that host exposes", () => {
        fc.assert(
            fc.property(exposed, (exposures) => {
                const policies = authorizationPolicies({
                    catalogue: catalogueWith(exposures),
                    config,
                }).filter(
                    (object) =>
                        object.metadata.namespace === "sparc" &&
                        object.spec.selector?.matchLabels?.["sparc.dev/service"] === "files",
                );
                assert.ok(policies.length > 0);
                for (const { host, requests = [] } of exposures)
                    for (const request of REQUESTS)
                        assert.equal(
                            allows(policies, `${host}.${config.domain}`, request),
                            requests.includes(request),
                            `${host} ${request}`,
                        );
                assert.ok(!allows(policies, "files.sparc.svc.cluster.local", REQUESTS[0]!));
            }),
            { numRuns: 100 },
        );
    });
});
