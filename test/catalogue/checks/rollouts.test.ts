import assert from "node:assert/strict";
import { checkCatalogue } from "../../../catalogue/check";
import type { RolloutPolicy } from "../../../catalogue/rollout";
import { changed, problemsAfter, small } from "../small";

function problemsOf(
    service: "front" | "middle" | "back",
    rollout: RolloutPolicy,
): [rule: string, where: string][] {
    const catalogue = changed(({ services }) => {
        services[service].rollout = structuredClone(rollout) as never;
    });
    return checkCatalogue(catalogue).map(({ rule, where }) => [rule, where]);
}

describe("a rollout", () => {
    it("can have any strategy that the port supports", () => {
        const good: RolloutPolicy[] = [
            { strategy: "progressive", stepWeights: [1, 50, 99], approval: true, kpis: ["login"] },
            { strategy: "blue-green", mirror: true },
            { strategy: "ab-test", cookie: { name: "variant", value: "b" }, errorPercent: 0.5 },
        ];
        for (const rollout of good) assert.deepEqual(problemsOf("middle", rollout), []);
    });

    it("must name an existing port", () => {
        assert.deepEqual(problemsOf("middle", { strategy: "progressive", port: "gprc" }), [
            ["rollout-port", "middle.rollout.port"],
        ]);
    });

    it("must have increasing step weights", () => {
        for (const stepWeights of [
            [10, 10],
            [50, 25],
        ])
            assert.deepEqual(problemsOf("middle", { strategy: "progressive", stepWeights }), [
                ["rollout-steps", "middle.rollout.stepWeights"],
            ]);
    });

    it("must list each business KPI once", () => {
        assert.deepEqual(
            problemsOf("middle", {
                strategy: "ab-test",
                cookie: { name: "a", value: "c" },
                kpis: ["login", "login"],
            }).map(([rule]) => rule),
            ["rollout-kpi"],
        );
    });

    it("can have synthetic load of offered reads, up to a harmless rate", () => {
        const load = (path: `/${string}`, perSecond: number): RolloutPolicy => ({
            strategy: "progressive",
            load: { path, perSecond },
        });
        const catalogue = (rollout: RolloutPolicy, portName: "http" | "grpc") =>
            checkCatalogue(
                changed(({ services }) => {
                    services["few"] = {
                        ...structuredClone(services.back),
                        ports: {
                            only:
                                portName === "grpc"
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

    it("cannot mirror WebSockets, and requires a port with requests", () => {
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
        assert.deepEqual(problemsOf("middle", { strategy: "blue-green" }), [
            ["rollout-mirror", "middle.rollout.mirror"],
        ]);
        assert.deepEqual(problemsOf("middle", { strategy: "blue-green", mirror: true, kpis: ["rebuffer"] }), [
            ["rollout-mirror", "middle.rollout.kpis"],
        ]);
        assert.deepEqual(rules("tcp"), ["rollout-unreadable"]);
    });

    it("needs a service with ports", () => {
        const { services } = small();
        const worker = {
            ...services.back,
            ports: {},
            calls: [],
            rollout: { strategy: "progressive" as const },
        };
        assert.deepEqual(
            problemsAfter((draft) => Object.assign(draft.services, { worker })),
            [
                {
                    rule: "rollout-unreadable",
                    where: "worker.rollout",
                    message: "worker has no ports, and Flagger rolls out only services that receive requests",
                    remedy: "Remove its rollout.",
                },
            ],
        );
    });
});
