import assert from "node:assert/strict";
import { checkCatalogue } from "../../../catalogue/check";
import type { Rollout } from "../../../catalogue/rollout";
import { changed } from "../small";

function found(service: "front" | "middle" | "back", rollout: Rollout): [rule: string, where: string][] {
    const catalogue = changed(({ services }) => {
        services[service].rollout = structuredClone(rollout) as never;
    });
    return checkCatalogue(catalogue).map(({ rule, where }) => [rule, where]);
}

describe("a rollout", () => {
    it("may be any that the port can carry", () => {
        const good: Rollout[] = [
            { strategy: "progressive", steps: [1, 50, 99], approval: true, kpis: ["login"] },
            { strategy: "blue-green", mirror: true },
            { strategy: "ab-test", cookie: { name: "variant", value: "b" }, errorPercent: 0.5 },
        ];
        for (const rollout of good) assert.deepEqual(found("middle", rollout), []);
    });

    it("is of a port that there is", () => {
        assert.deepEqual(found("middle", { strategy: "progressive", port: "gprc" }), [
            ["rollout-port", "middle.rollout.port"],
        ]);
    });

    it("grows from step to step", () => {
        for (const steps of [
            [10, 10],
            [50, 25],
        ])
            assert.deepEqual(found("middle", { strategy: "progressive", steps }), [
                ["rollout-steps", "middle.rollout.steps"],
            ]);
    });

    it("names a business metric once", () => {
        assert.deepEqual(
            found("middle", {
                strategy: "ab-test",
                cookie: { name: "a", value: "c" },
                kpis: ["login", "login"],
            }).map(([rule]) => rule),
            ["rollout-kpi"],
        );
    });

    it("has reads made of a new version that its port offers, and so many as do no harm", () => {
        const load = (path: `/${string}`, perSecond: number): Rollout => ({
            strategy: "progressive",
            load: { path, perSecond },
        });
        const catalogue = (rollout: Rollout, own: "http" | "grpc") =>
            checkCatalogue(
                changed(({ services }) => {
                    services["few"] = {
                        ...structuredClone(services.back),
                        ports: {
                            only:
                                own === "grpc"
                                    ? {
                                          protocol: "grpc",
                                          number: 9090,
                                          service: "few.v1.Few",
                                          methods: ["Get"],
                                      }
                                    : {
                                          protocol: "http",
                                          number: 8080,
                                          requests: ["GET /v1/few/{*}", "POST /v1/all", "GET /v1/all"],
                                      },
                        },
                        rollout,
                    } as never;
                }),
            ).flatMap(({ rule, where }) => (rule === "rollout-load" ? [where] : []));
        for (const path of ["/v1/all", "/v1/few/7"] as const)
            for (const perSecond of [1, 100]) assert.deepEqual(catalogue(load(path, perSecond), "http"), []);
        for (const path of ["/v1/few/{*}", "/v1/few", "/v1/few/7/8", "/v1/it's", "/v1/few/a'b"] as const)
            assert.deepEqual(catalogue(load(path, 5), "http"), ["few.rollout.load.path"], path);
        assert.deepEqual(catalogue(load("/v1/all", 1), "grpc"), ["few.rollout.load.path"]);
    });

    it("copies no WebSockets, and is none where the mesh sees no requests", () => {
        const ports = (protocol: "ws" | "tcp") =>
            changed(({ services, ws, tcp }) => {
                services["extra"] = {
                    ...structuredClone(services.back),
                    ports: { only: protocol === "ws" ? ws : tcp },
                    rollout: { strategy: "blue-green", mirror: true },
                };
            });
        const rules = (protocol: "ws" | "tcp") =>
            checkCatalogue(ports(protocol))
                .map(({ rule }) => rule)
                .filter((rule) => rule.startsWith("rollout"));
        assert.deepEqual(rules("ws"), ["rollout-mirror"]);
        assert.deepEqual(found("middle", { strategy: "blue-green" }), [
            ["rollout-mirror", "middle.rollout.mirror"],
        ]);
        assert.deepEqual(found("middle", { strategy: "blue-green", mirror: true, kpis: ["rebuffer"] }), [
            ["rollout-mirror", "middle.rollout.kpis"],
        ]);
        assert.deepEqual(rules("tcp"), ["rollout-unreadable"]);
    });
});
