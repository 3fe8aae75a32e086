import assert from "node:assert/strict";
import type { Call } from "../../catalogue/model";
import type { ReadObject } from "../../cli/inventory/model";
import type { Translation } from "../../cli/inventory/consul/translate";
import { allow, draft, itemOf, object, permission, registered, source, THREE } from "./objects";

const HEALTH = "/grpc.health.v1.Health/Check";

/** A service with the protocol gRPC. */
function grpc(name: string): ReadObject[] {
    return [
        ...registered(name, 9090).slice(0, 2),
        object("service-defaults", name, { Kind: "service-defaults", Name: name, Protocol: "grpc" }),
    ];
}

/** A source with a permission for each path. */
function methods(caller: string, ...paths: string[]): object {
    return source(caller, { Permissions: paths.map((PathExact) => permission("allow", { PathExact })) });
}

function callsOf({ catalogue }: Translation, caller: string): readonly Call[] {
    return catalogue.services[caller]?.calls ?? [];
}

describe("gRPC methods in the draft of mesh inventory", () => {
    it("are those of the port's service, and those of others with the service's name", () => {
        const pay = "/acme.pay.v1.Pay/Charge";
        const translation = draft([
            ...THREE,
            ...registered("prober", 8010),
            ...grpc("pay"),
            allow(
                "pay",
                methods("web", HEALTH, pay, "/acme.pay.v1.Pay/Refund"),
                methods("users", "/acme.audit.v1.Audit/Read", HEALTH),
                methods("prober", HEALTH),
            ),
        ]);
        assert.deepEqual(translation.catalogue.services["pay"]?.ports, {
            grpc: {
                protocol: "grpc",
                number: 9090,
                service: "acme.pay.v1.Pay",
                methods: ["Charge", "Refund", "acme.audit.v1.Audit/Read", "grpc.health.v1.Health/Check"],
            },
        });
        const listed = ["web", "users", "prober"].map((caller) => callsOf(translation, caller)[0]?.methods);
        assert.deepEqual(listed, [
            ["Charge", "Refund", "grpc.health.v1.Health/Check"],
            ["acme.audit.v1.Audit/Read", "grpc.health.v1.Health/Check"],
            ["grpc.health.v1.Health/Check"],
        ]);
        for (const index of [0, 1, 2]) {
            const field = `Sources[${index}].Permissions[0].HTTP.PathExact`;
            assert.equal(itemOf(translation, "service-intentions", "pay", field).outcome, "translated");
        }
    });

    it("are those of health checks alone, if permissions name no others", () => {
        const { catalogue } = draft([...THREE, ...grpc("pay"), allow("pay", methods("web", HEALTH))]);
        const [port] = Object.values(catalogue.services["pay"]?.ports ?? {});
        assert.deepEqual(port, {
            protocol: "grpc",
            number: 9090,
            service: "grpc.health.v1.Health",
            methods: ["Check"],
        });
        assert.deepEqual(catalogue.services["web"]?.calls?.[0]?.methods, ["Check"]);
    });

    it("are not in the draft if the permission excludes POST", () => {
        const get = source("web", {
            Permissions: [permission("allow", { PathExact: "/acme.pay.v1.Pay/Charge", Methods: ["GET"] })],
        });
        const translation = draft([
            ...THREE,
            ...grpc("pay"),
            allow("pay", get, methods("users", "/acme.pay.v1.Pay/Refund")),
        ]);
        assert.deepEqual(callsOf(translation, "web"), []);
        const item = itemOf(translation, "service-intentions", "pay", "Sources[0].Permissions[0].Action");
        assert.equal(item.outcome, "by-hand");
        assert.match(item.detail, /POST/);
    });

    it("have the timeout of the route that matches them", () => {
        const router = object("service-router", "pay", {
            Kind: "service-router",
            Name: "pay",
            Routes: [
                {
                    Match: { HTTP: { PathPrefix: "/acme.pay.v1.Pay/" } },
                    Destination: { RequestTimeout: "3s" },
                },
            ],
        });
        const translation = draft([
            ...THREE,
            ...grpc("pay"),
            allow("pay", methods("web", HEALTH, "/acme.pay.v1.Pay/Charge")),
            router,
        ]);
        assert.deepEqual(
            callsOf(translation, "web").map((call) => [call.methods, call.timeout]),
            [
                [["Charge"], "3s"],
                [["grpc.health.v1.Health/Check"], "15s"],
            ],
        );
        const item = itemOf(translation, "service-router", "pay", "Routes[0].Destination.RequestTimeout");
        assert.equal(item.outcome, "translated");
    });
});

describe("retries in the draft of mesh inventory", () => {
    const sources = source("web", {
        Permissions: [permission("allow", { PathExact: "/v1/report", Methods: ["GET"] })],
    });

    function retried(destination: object): Translation {
        const Routes = [{ Match: { HTTP: { PathExact: "/v1/report" } }, Destination: destination }];
        const router = object("service-router", "users", { Kind: "service-router", Name: "users", Routes });
        return draft([...THREE, allow("users", sources), router]);
    }

    const cases: {
        title: string;
        destination: object;
        retries: number;
        retryOn: string[] | undefined;
        field: string;
        outcome: string;
        states: RegExp;
    }[] = [
        {
            title: "named conditions",
            destination: { NumRetries: 2, RetryOn: ["reset", "5xx"], RetryOnConnectFailure: true },
            retries: 2,
            retryOn: ["connect-failure", "reset", "5xx"],
            field: "RetryOn[0]",
            outcome: "translated",
            states: /retryOn of services\.web\.calls → users$/,
        },
        {
            title: "status codes that are a condition",
            destination: { RetryOnStatusCodes: [502, 503, 504, 409] },
            retries: 1,
            retryOn: ["gateway-error", "retriable-4xx"],
            field: "RetryOnStatusCodes[0]",
            outcome: "translated",
            states: /retryOn of/,
        },
        {
            title: "status codes that are only a part of one",
            destination: { NumRetries: 3, RetryOnStatusCodes: [503, 429] },
            retries: 3,
            retryOn: ["gateway-error"],
            field: "RetryOnStatusCodes[0]",
            outcome: "difference",
            states: /gateway-error is 502, 503, 504, Consul retries on 503; the draft does not retry on 429/,
        },
        {
            title: "conditions that the catalogue does not have",
            destination: { NumRetries: 2, RetryOn: ["envoy-ratelimited"] },
            retries: 2,
            retryOn: undefined,
            field: "RetryOn[0]",
            outcome: "difference",
            states: /not retry on envoy-ratelimited; the mesh retries on its default conditions/,
        },
        {
            title: "none",
            destination: { NumRetries: 2 },
            retries: 2,
            retryOn: undefined,
            field: "NumRetries",
            outcome: "difference",
            states: /Consul never retries/,
        },
    ];
    for (const { title, destination, retries, retryOn, field, outcome, states } of cases)
        it(`are on the route's conditions: ${title}`, () => {
            const translation = retried(destination);
            const [call] = callsOf(translation, "web");
            assert.deepEqual([call?.retries, call?.retryOn], [retries, retryOn]);
            const item = itemOf(translation, "service-router", "users", `Routes[0].Destination.${field}`);
            assert.equal(item.outcome, outcome);
            assert.match(item.detail, states);
        });

    it("lose their conditions where retries would multiply, and keep the call", () => {
        const names = ["s0", "s1", "s2", "s3"];
        const chain = names.slice(1).flatMap((name, index) => {
            const from = source(names[index]!, {
                Permissions: [permission("allow", { PathExact: "/v1/report", Methods: ["GET"] })],
            });
            const Destination = { NumRetries: 3, RetryOn: ["reset"] };
            const Routes = [{ Match: { HTTP: { PathExact: "/v1/report" } }, Destination }];
            return [
                allow(name, from),
                object("service-router", name, { Kind: "service-router", Name: name, Routes }),
            ];
        });
        const translation = draft([...names.flatMap((name) => registered(name, 8080)), ...chain]);
        const calls = names.slice(0, 3).map((name) => callsOf(translation, name)[0]);
        assert.ok(calls.every((call) => call !== undefined));
        const without = calls.filter((call) => call.retries === 0);
        assert.ok(without.length > 0);
        assert.ok(without.every((call) => call.retryOn === undefined));
    });
});
