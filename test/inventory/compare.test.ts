import assert from "node:assert/strict";
import type { Call, Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { compareCatalogues } from "../../cli/inventory/compare";
import type { Translation } from "../../cli/inventory/consul/translate";
import { allow, draft, object, permission, registered, source, THREE } from "./objects";

/** `<kind> <where>: <detail>` */
function differences(given: Catalogue, { catalogue, limitedCalls }: Translation): string[] {
    return compareCatalogues(given, catalogue, limitedCalls).map(
        ({ kind, where, detail }) => `${kind} ${where}: ${detail}`,
    );
}

/** The draft's catalogue with other calls of `web`. */
function withCalls({ catalogue }: Translation, calls: readonly Partial<Call>[]): Catalogue {
    const web = catalogue.services["web"]!;
    const [first] = web.calls!;
    return {
        ...catalogue,
        services: {
            ...catalogue.services,
            web: { ...web, calls: calls.map((call) => ({ ...first!, ...call })) },
        },
    };
}

describe("the comparison of mesh inventory", () => {
    it("finds nothing between a catalogue and itself", () => {
        const all = Object.entries(platform.services).flatMap(([name, { calls = [] }]) =>
            calls.map(({ to }) => `${name} → ${to}`),
        );
        assert.ok(all.length > 20);
        assert.deepEqual(compareCatalogues(platform, platform, new Set(all)), []);
    });

    it("finds missing, unused and different services, ports and calls", () => {
        const { catalogue, limitedCalls } = draft([...THREE, allow("users", source("web"))]);
        const { billing, ...services } = catalogue.services;
        const users = {
            ...services["users"]!,
            ports: { http: { protocol: "http" as const, number: 8081, requests: ["GET /" as const] } },
        };
        const web = { ...services["web"]!, calls: [] };
        const given = { ...catalogue, services: { users, web, ghost: { ...billing!, calls: [] } } };
        assert.deepEqual(
            compareCatalogues(given, catalogue, limitedCalls).map(({ kind, where }) => `${kind} ${where}`),
            [
                "missing services.billing",
                "unused services.ghost",
                "different services.users.ports",
                "missing services.web.calls → users",
            ],
        );
    });

    it("compares requests with permissions, by what they match", () => {
        const translation = draft([
            ...THREE,
            allow(
                "users",
                source("web", {
                    Permissions: [
                        permission("allow", { PathPrefix: "/v1/", Methods: ["GET"] }),
                        permission("allow", { PathExact: "/v2/report", Methods: ["POST"] }),
                    ],
                }),
            ),
        ]);
        const calls = (...requests: Call["requests"] & {}): Catalogue =>
            withCalls(translation, [{ requests }]);
        assert.deepEqual(differences(calls("GET /v1/{**}", "POST /v2/report"), translation), []);
        assert.deepEqual(differences(calls("GET /v1/{**}", "POST /v2/{*}"), translation), [
            "unused services.web.calls → users: No permission that the draft can express allows POST /v2/{*}.",
        ]);
        assert.deepEqual(differences(calls("GET /v1/users", "DELETE /v1/users"), translation), [
            "missing services.web.calls → users: Consul allows GET /v1/{**}, POST /v2/report, the catalogue does not list it.",
            "unused services.web.calls → users: No permission that the draft can express allows DELETE /v1/users.",
        ]);
        const split = withCalls(translation, [
            { requests: ["GET /v1/{**}"] },
            { requests: ["POST /v2/report"], timeout: "1s" },
        ]);
        assert.deepEqual(differences(split, translation), []);
    });

    it("does not compare requests that no permission limits", () => {
        const translation = draft([...THREE, allow("users", source("web"))]);
        const given = withCalls(translation, [{ requests: ["GET /v1/users"] }]);
        assert.deepEqual(differences(given, translation), []);
    });

    it("compares gRPC methods with permissions, whichever service is the port's", () => {
        const permissions = ["/acme.pay.v1.Pay/Charge", "/grpc.health.v1.Health/Check"].map((PathExact) =>
            permission("allow", { PathExact }),
        );
        const translation = draft([
            ...THREE,
            ...registered("pay", 9090).slice(0, 2),
            object("service-defaults", "pay", { Kind: "service-defaults", Name: "pay", Protocol: "grpc" }),
            allow("pay", source("web", { Permissions: permissions })),
        ]);
        const listing = (service: string, methods: string[]): Catalogue => {
            const given = withCalls(translation, [{ port: "api", methods }]);
            const port = { protocol: "grpc" as const, number: 9090, service, methods };
            const pay = { ...given.services["pay"]!, ports: { api: port } };
            return { ...given, services: { ...given.services, pay } };
        };
        const health = listing("grpc.health.v1.Health", ["Check", "acme.pay.v1.Pay/Charge"]);
        assert.deepEqual(differences(health, translation), []);
        assert.deepEqual(differences(listing("acme.pay.v1.Pay", ["Refund", "Charge"]), translation), [
            "missing services.web.calls → pay: Consul allows grpc.health.v1.Health/Check, the catalogue does not list it.",
            "unused services.web.calls → pay: No permission that the draft can express allows acme.pay.v1.Pay/Refund.",
        ]);
    });

    it("compares only calls to the port that is registered", () => {
        const limited = source("web", {
            Permissions: [permission("allow", { PathExact: "/v1", Methods: ["GET"] })],
        });
        const translation = draft([...THREE, allow("users", limited)]);
        const given = withCalls(translation, [{ port: "admin", requests: ["GET /v1"] }]);
        const users = given.services["users"]!;
        const admin = { protocol: "http" as const, number: 9999, requests: ["GET /v1" as const] };
        const both = { ...users, ports: { ...users.ports, admin } };
        assert.deepEqual(
            differences({ ...given, services: { ...given.services, users: both } }, translation),
            ["missing services.web.calls → users: Consul allows GET /v1, the catalogue does not list it."],
        );
    });

    it("compares stores with the services that a caller can call", () => {
        const tcp = registered("cache", 6379).slice(0, 2);
        const translation = draft([...THREE, ...tcp, allow("cache", source("web"))]);
        const { cache, ...services } = translation.catalogue.services;
        const store = { ports: cache!.ports } as Catalogue["stores"][string];
        const using = (stores: string[]): Catalogue => ({
            ...translation.catalogue,
            services: { ...services, web: { ...services["web"]!, calls: [], stores } },
            stores: { cache: store },
        });
        assert.deepEqual(differences(using(["cache"]), translation), []);
        assert.deepEqual(differences(using([]), translation), [
            "missing services.web.stores → cache: Consul allows the call, the catalogue does not list it.",
        ]);
    });

    it("compares the external hosts of each service, whatever their groups are called", () => {
        const outside = object("service-defaults", "pay", {
            Name: "pay",
            Protocol: "http",
            Destination: { Addresses: ["pay.example.com"], Port: 443 },
        });
        const translation = draft([...THREE, outside, allow("pay", source("web"))]);
        const { services, external, stores } = translation.catalogue;
        const group = { ...external["pay"]!, hosts: [...external["pay"]!.hosts] };
        const other = {
            ...group,
            hosts: [{ host: "mail.example.com", port: 443, protocol: "https" as const }],
        };
        const using = (ofWeb: string[], ofUsers: string[]): Catalogue => ({
            services: {
                ...services,
                web: { ...services["web"]!, external: ofWeb },
                users: { ...services["users"]!, external: ofUsers },
            },
            stores,
            external: { payments: group, mail: other },
        });
        assert.deepEqual(differences(using(["payments"], ["mail"]), translation), []);
        assert.deepEqual(differences(using([], ["payments"]), translation), [
            "unused services.users.external → payments: No upstream or intention that the draft can express states calls to pay.example.com:443.",
            "missing services.web.external: Consul allows calls to pay.example.com:443, the catalogue lists no group with it.",
        ]);
    });
});
