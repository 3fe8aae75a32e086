import assert from "node:assert/strict";
import { checkCatalogue } from "../../catalogue/check";
import { ENTRY_GATEWAYS, HEALTH_PORT } from "../../components/base/names";
import { changed, plain } from "./small";

/** The catalogue cannot import what the components call things: these hold the two together. */
describe("names that catalogue and components share", () => {
    it("are the gateways', which no service may take", () => {
        for (const name of Object.values(ENTRY_GATEWAYS)) {
            const catalogue = changed(({ services }) => Object.assign(services, { [name]: plain() }));
            assert.ok(
                checkCatalogue(catalogue).some(({ where }) => where.startsWith(name)),
                name,
            );
        }
    });

    it("are the health port's number, which no service may use for itself", () => {
        const catalogue = changed(({ services: { front } }) =>
            Object.assign(front.ports, {
                own: { protocol: "http", number: HEALTH_PORT.number, requests: ["GET /own"] },
            }),
        );
        assert.ok(checkCatalogue(catalogue).some(({ where }) => where.startsWith("front.ports.own")));
    });
});
