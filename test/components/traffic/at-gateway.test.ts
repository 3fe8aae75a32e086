import assert from "node:assert/strict";
import { join } from "node:path";
import { platform } from "../../../catalogue/platform";
import type { VirtualServiceManifest } from "../../../components/base/manifest";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";

const stack = loadStackFile("prod", join(__dirname, "..", "..", ".."));
/** Without rollouts: Flagger itself splits the traffic of services that it rolls out. */
const prod = { ...stack, delivery: { ...stack.delivery, enabled: false } };

describe("the routes at a gateway", () => {
    it("split traffic between a service's versions, and keep the name by which rate limits select the route", () => {
        const traffic = {
            services: {
                "api-gateway": {
                    versions: { v1: 100, v2: 0 },
                    variants: [{ to: "v2", for: { header: { name: "x-tester", value: "yes" } } }],
                    mirror: { to: "v2", percent: 5 },
                },
            },
        };
        const routed = deriveAll({ catalogue: platform, config: { ...prod, traffic } }).objects.find(
            ({ kind, metadata }) => kind === "VirtualService" && metadata.name === "public-api",
        );
        const { http = [] } = (routed as VirtualServiceManifest).spec;
        assert.deepEqual(
            http.map(({ name, match, route, mirrors }) => [
                name,
                match?.map(({ method }) => method?.exact),
                route?.map(({ destination }) => destination.subset),
                mirrors?.length,
            ]),
            [
                ["api", ["GET", "HEAD"], ["v2"], undefined],
                ["api", ["GET", "HEAD"], ["v1"], 1],
                ["api", [undefined], ["v2"], undefined],
                ["api", undefined, ["v1"], undefined],
            ],
        );
    });
});
