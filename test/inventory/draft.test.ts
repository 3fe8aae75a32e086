import assert from "node:assert/strict";
import type { ReadObject } from "../../cli/inventory/model";
import {
    allow,
    draft,
    itemOf,
    object,
    permission,
    registered,
    requests,
    sidecar,
    source,
    THREE,
} from "./objects";

describe("the draft of mesh inventory", () => {
    it("shortens timeouts along a chain of calls, and says so", () => {
        const translation = draft([
            ...THREE,
            allow("users", source("web")),
            allow("billing", source("users")),
        ]);
        const timeouts = ["web", "users"].map(
            (name) => translation.catalogue.services[name]?.calls?.[0]?.timeout,
        );
        assert.deepEqual(timeouts, ["15s", "12s"]);
        const item = itemOf(translation, "service-intentions", "billing", "Sources[0].Name");
        assert.equal(item.outcome, "difference");
        assert.match(item.detail, /timeout of 12s/);
    });

    it("leaves calls out where no timeout is left, at the end of a very long chain", () => {
        const names = Array.from({ length: 60 }, (_, index) => `service-${index}`);
        const allowed = names.slice(1).map((name, index) => allow(name, source(names[index]!)));
        const translation = draft([...names.flatMap((name) => registered(name, 8080)), ...allowed]);
        const calls = Object.values(translation.catalogue.services).flatMap(({ calls: made = [] }) => made);
        assert.ok(calls.length > 30 && calls.length < 59, `${calls.length} calls`);
        const left = allowed.filter(({ name }) => {
            const { outcome } = itemOf(translation, "service-intentions", name, "Sources[0].Name");
            return outcome === "by-hand";
        });
        assert.equal(left.length, 59 - calls.length);
    });

    it("leaves one call of a cycle out, and reports it", () => {
        const translation = draft([...THREE, allow("users", source("web")), allow("web", source("users"))]);
        const calls = ["web", "users"].flatMap((name) => translation.catalogue.services[name]?.calls ?? []);
        assert.equal(calls.length, 1);
        const outcomes = ["users", "web"].map(
            (name) => itemOf(translation, "service-intentions", name, "Sources[0].Name").outcome,
        );
        assert.deepEqual(outcomes.sort(), ["by-hand", "difference"]);
    });

    it("prefers the exact intention to the wildcard, and expands a wildcard to declared upstreams only", () => {
        const objects = [...THREE, ...sidecar("web", "users"), ...sidecar("billing", "users")];
        const denied = source("billing", { Action: "deny" });
        const translation = draft([...objects, allow("users", source("*"), denied)]);
        assert.ok(requests(translation, "web").length > 0);
        assert.deepEqual(requests(translation, "billing"), []);
        assert.match(
            itemOf(translation, "service-intentions", "users", "Sources[0].Name").detail,
            /only the callers that declare an upstream/,
        );
        assert.match(
            itemOf(translation, "instance", "n/billing-proxy", "Proxy.Upstreams[0].DestinationName").detail,
            /denies this call/,
        );
    });

    it("follows the default policy for an upstream without an intention", () => {
        const objects = [...THREE, ...sidecar("web", "users")];
        assert.deepEqual(requests(draft(objects, "deny"), "web"), []);
        assert.ok(requests(draft(objects, "allow"), "web").length > 0);
        const unknown = draft(objects, "unknown");
        assert.match(
            itemOf(unknown, "instance", "n/web-proxy", "Proxy.Upstreams[0].DestinationName").detail,
            /default policy could not be read/,
        );
    });

    it("never allows what a deny rule, a header or a regular expression excludes", () => {
        const sources = source("web", {
            Permissions: [
                permission("deny", { PathPrefix: "/v1/admin" }),
                permission("allow", { PathPrefix: "/v1/", Methods: ["GET"] }),
                permission("allow", { PathPrefix: "/v2/", Methods: ["GET"] }),
                permission("allow", {
                    PathExact: "/v3",
                    Methods: ["GET"],
                    Header: [{ Name: "x", Present: true }],
                }),
                permission("allow", { PathRegex: "/v4/.*" }),
            ],
        });
        const translation = draft([...THREE, allow("users", sources)]);
        assert.deepEqual(requests(translation, "web"), ["users GET /v2/{**}"]);
        const outcomes = [0, 1, 2, 3, 4].map(
            (index) =>
                itemOf(translation, "service-intentions", "users", `Sources[0].Permissions[${index}].Action`)
                    .outcome,
        );
        assert.deepEqual(outcomes, ["not-needed", "by-hand", "difference", "by-hand", "by-hand"]);
    });

    it("retries only requests whose repetition is harmless", () => {
        const sources = source("web", {
            Permissions: [permission("allow", { PathExact: "/v1/report", Methods: ["GET", "POST"] })],
        });
        const router = object("service-router", "users", {
            Kind: "service-router",
            Name: "users",
            Routes: [
                {
                    Match: { HTTP: { PathExact: "/v1/report" } },
                    Destination: { NumRetries: 2, RequestTimeout: "3s" },
                },
            ],
        });
        const calls =
            draft([...THREE, allow("users", sources), router]).catalogue.services["web"]?.calls ?? [];
        assert.deepEqual(
            calls.map(({ requests: all, idempotent, retries, timeout }) => ({
                all,
                idempotent,
                retries,
                timeout,
            })),
            [
                { all: ["GET /v1/report"], idempotent: true, retries: 2, timeout: "3s" },
                { all: ["POST /v1/report"], idempotent: false, retries: undefined, timeout: "3s" },
            ],
        );
    });

    it("withdraws the use of an external group that the catalogue cannot have", () => {
        const outside = (name: string): ReadObject[] => [
            object("node", name, { Node: name, Meta: { "external-node": "true" } }),
            object("service", name, { Name: name, Tags: [] }),
            object("instance", `${name}/${name}`, {
                ID: name,
                Service: name,
                Node: name,
                NodeAddress: "api.example.com",
                Port: 443,
            }),
        ];
        const objects = [
            ...THREE,
            ...outside("pay"),
            ...outside("pay-again"),
            allow("pay", source("web")),
            allow("pay-again", source("users")),
        ];
        const translation = draft(objects);
        assert.deepEqual(Object.keys(translation.catalogue.external), ["pay"]);
        assert.deepEqual(translation.catalogue.services["web"]?.external, ["pay"]);
        assert.deepEqual(translation.catalogue.services["users"]?.external, []);
        assert.equal(
            itemOf(translation, "service-intentions", "pay", "Sources[0].Name").outcome,
            "translated",
        );
        assert.equal(
            itemOf(translation, "service-intentions", "pay-again", "Sources[0].Name").outcome,
            "by-hand",
        );
        assert.equal(itemOf(translation, "service", "pay-again", "Name").outcome, "by-hand");
    });

    it("never allows all requests to an external service if permissions limit them", () => {
        const limited = source("web", {
            Permissions: [permission("allow", { PathExact: "/charge", Methods: ["POST"] })],
        });
        const objects = [
            ...THREE,
            object("service-defaults", "pay", {
                Name: "pay",
                Protocol: "http",
                Destination: { Addresses: ["pay.example.com"], Port: 443 },
            }),
            allow("pay", limited, source("users")),
        ];
        const translation = draft(objects);
        const uses = ["web", "users"].map((name) => translation.catalogue.services[name]?.external);
        assert.deepEqual(uses, [[], ["pay"]]);
        assert.equal(
            itemOf(translation, "service-intentions", "pay", "Sources[0].Permissions[0].Action").outcome,
            "by-hand",
        );
    });

    it("states that an intention without permissions allows more methods than the draft", () => {
        const translation = draft([...THREE, allow("users", source("web"))]);
        const item = itemOf(translation, "service-intentions", "users", "Sources[0].Name");
        assert.equal(item.outcome, "difference");
        assert.match(item.detail, /Consul allows every method/);
    });

    it("keeps a TCP service that Consul balances by a header, without its load balancing", () => {
        const resolver = object("service-resolver", "cache", {
            Name: "cache",
            LoadBalancer: { Policy: "maglev", HashPolicies: [{ Field: "header", FieldValue: "x-key" }] },
        });
        const translation = draft([...registered("cache", 6379).slice(0, 2), resolver]);
        assert.equal(translation.catalogue.services["cache"]?.loadBalancing, undefined);
        assert.equal(itemOf(translation, "service", "cache", "Name").outcome, "difference");
        assert.equal(
            itemOf(translation, "service-resolver", "cache", "LoadBalancer.Policy").outcome,
            "by-hand",
        );
    });

    it("keeps two names apart that the catalogue would not", () => {
        const translation = draft([...registered("my_app", 80), ...registered("my-app", 81)]);
        assert.deepEqual(Object.keys(translation.catalogue.services), ["my-app"]);
        const outcomes = ["my-app", "my_app"].map(
            (name) => itemOf(translation, "service", name, "Name").outcome,
        );
        assert.deepEqual(outcomes, ["translated", "by-hand"]);
    });
});
