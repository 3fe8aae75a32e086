import assert from "node:assert/strict";
import { checkCatalogue } from "../../catalogue/check";
import { INGRESS_GATEWAYS, HEALTH_PORT } from "../../components/base/names";
import { changed, plain } from "./small";

/** The catalogue cannot import names from the components: these tests keep both consistent. */
describe("names shared by catalogue and components", () => {
    it("include the gateways', which no service can use", () => {
        for (const name of Object.values(INGRESS_GATEWAYS)) {
            const catalogue = changed(({ services }) => Object.assign(services, { [name]: plain() }));
            assert.ok(
                checkCatalogue(catalogue).some(({ where }) => where.startsWith(name)),
                name,
            );
        }
    });

    it("include the health port's number, which no service port can use", () => {
        const catalogue = changed(({ services: { front } }) =>
            Object.assign(front.ports, {
                main: { protocol: "http", number: HEALTH_PORT.number, requests: ["GET /own"] },
            }),
        );
        assert.ok(checkCatalogue(catalogue).some(({ where }) => where.startsWith("front.ports.main")));
    });
});
