import assert from "node:assert/strict";
import { platform } from "../../catalogue/platform";
import { compareCatalogues } from "../../cli/inventory/compare";
import { allow, draft, source, THREE } from "./objects";

describe("the comparison of mesh inventory", () => {
    it("finds nothing between a catalogue and itself", () => {
        const differences = compareCatalogues(platform, platform);
        assert.deepEqual(differences, []);
    });

    it("finds missing, unused and different services, ports and calls", () => {
        const { catalogue } = draft([...THREE, allow("users", source("web"))]);
        const { billing, ...services } = catalogue.services;
        const users = {
            ...services["users"]!,
            ports: { http: { protocol: "http" as const, number: 8081, requests: ["GET /" as const] } },
        };
        const web = { ...services["web"]!, calls: [] };
        const given = { ...catalogue, services: { users, web, ghost: { ...billing!, calls: [] } } };
        assert.deepEqual(
            compareCatalogues(given, catalogue).map(({ kind, where }) => `${kind} ${where}`),
            [
                "missing services.billing",
                "unused services.ghost",
                "different services.users.ports",
                "missing services.web.calls → users",
            ],
        );
    });
});
