/** The shutdown of gateways as one budget, read from what is deployed: the chart's values, annotations and the autoscaler. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import { platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import { loadStackFile, parseConfig, readStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";

const ROOT = join(__dirname, "..", "..");
const GATEWAYS = ["istio-ingressgateway", "istio-admingateway", "istio-internalgateway"];

interface GatewayValues {
    readonly env: Readonly<Record<string, string>>;
    readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
    readonly minReadySeconds?: number;
    readonly podAnnotations: Readonly<Record<string, string>>;
    readonly podDisruptionBudget?: Readonly<Record<string, unknown>>;
    readonly service: { readonly annotations?: Readonly<Record<string, string>> };
    readonly strategy?: { readonly rollingUpdate: Readonly<Record<string, unknown>> };
    readonly terminationGracePeriodSeconds: number;
}

function valuesOf(config: MeshConfig, name: string): Readonly<Record<string, unknown>> {
    const release = deriveAll({ catalogue, config }).releases.find((one) => one.name === name);
    return release?.values ?? assert.fail(`there is no release ${name}`);
}

/** Seconds of a duration such as `420s`. */
const seconds = (duration: unknown) => Number(/^(\d+)s$/.exec(String(duration))?.[1]);

function timings(config: MeshConfig, name: string) {
    const values = valuesOf(config, name) as unknown as GatewayValues;
    const { drainDuration } = JSON.parse(values.podAnnotations["proxy.istio.io/config"] ?? "{}") as {
        drainDuration?: string;
    };
    const attributes =
        values.service.annotations?.[
            "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes"
        ] ?? "";
    return {
        ...values,
        preStop: values.lifecycle.preStop.sleep.seconds,
        drain: seconds(drainDuration),
        delay: Number(/deregistration_delay\.timeout_seconds=(\d+)/.exec(attributes)?.[1]),
    };
}

/** prod with other settings of the drain. */
function prodWith(drain: object, more: object = {}): MeshConfig {
    const entries = readStackFile("prod", ROOT);
    const gateways = { ...(entries["gateways"] as object), drain };
    return parseConfig("test", { ...entries, gateways, ...more });
}

const drainProblems = (config: MeshConfig) =>
    platformProblems({ catalogue, config }).filter((one) => one.startsWith("gateways.drain"));

describe("the drain budget", () => {
    for (const stack of ["dev", "prod"])
        for (const name of GATEWAYS)
            it(`of ${name} in ${stack} is the same for load balancer, pod, node group and autoscaler`, () => {
                const config = loadStackFile(stack, ROOT);
                const gateway = timings(config, name);
                // A Network Load Balancer sends new connections for up to three minutes.
                assert.ok(gateway.preStop >= 180);
                assert.ok(gateway.preStop >= gateway.delay);
                assert.equal(gateway.terminationGracePeriodSeconds, gateway.preStop + gateway.drain);
                assert.ok(seconds(gateway.env["MINIMUM_DRAIN_DURATION"]) < gateway.drain);
                // EKS gives up on a node after 15 minutes, three of which another gateway's replacement can take.
                assert.ok(180 + gateway.terminationGracePeriodSeconds <= 900);
                const { extraArgs } = valuesOf(config, "cluster-autoscaler") as {
                    extraArgs: Readonly<Record<string, unknown>>;
                };
                assert.equal(
                    extraArgs["max-graceful-termination-sec"],
                    gateway.terminationGracePeriodSeconds,
                );
                // Sidecars have emptyDir volumes: with the default, true, no node of the mesh is ever removed.
                assert.equal(extraArgs["skip-nodes-with-local-storage"], false);
            });

    it("lets a rollout end within the release's ten minutes, although a target takes three to become healthy", () => {
        const { minReadySeconds, strategy } = timings(loadStackFile("prod", ROOT), "istio-ingressgateway");
        assert.equal(minReadySeconds, 180);
        assert.deepEqual(strategy?.rollingUpdate, { maxSurge: "100%", maxUnavailable: 0 });
    });

    it("is short without a load balancer", () => {
        const local = timings(loadStackFile("local", ROOT), "istio-ingressgateway");
        assert.equal(local.preStop, 5);
        assert.equal(local.terminationGracePeriodSeconds, 5 + local.drain);
        assert.deepEqual([local.minReadySeconds, local.strategy], [undefined, undefined]);
    });

    it("evicts no two gateways at once, and lets one that is not ready go", () => {
        const budget = (stack: string) =>
            timings(loadStackFile(stack, ROOT), "istio-ingressgateway").podDisruptionBudget;
        assert.deepEqual(budget("prod"), {
            maxUnavailable: 1,
            unhealthyPodEvictionPolicy: "AlwaysAllow",
        });
        // With a single replica it would block the drain of the node.
        assert.equal(budget("dev"), undefined);
    });

    it("is one error, which lists everything that does not fit and what would", () => {
        assert.deepEqual(drainProblems(prodWith({})), []);
        const [problem = "", ...more] = drainProblems(
            prodWith({ deregistrationDelaySeconds: 240, preStopSeconds: 60, connectionSeconds: 900 }),
        );
        assert.deepEqual(more, []);
        assert.match(problem, /preStopSeconds is 60, .* up to 240 s .*; set it to 240 or more; and /);
        assert.match(
            problem,
            /180 s .*, 60 s \(preStopSeconds\) and 900 s \(connectionSeconds\), together 1140 s/,
        );
        assert.match(
            problem,
            /EKS stops waiting for a node after 900 s; set connectionSeconds to 480 or less$/,
        );
        assert.deepEqual(
            drainProblems(
                prodWith({ deregistrationDelaySeconds: 240, preStopSeconds: 240, connectionSeconds: 480 }),
            ),
            [],
        );
    });

    it("of which no connection time is left names the settings to lower", () => {
        const [problem = ""] = drainProblems(
            prodWith({ deregistrationDelaySeconds: 800, preStopSeconds: 800, connectionSeconds: 10 }),
        );
        assert.match(problem, /lower deregistrationDelaySeconds and preStopSeconds$/);
    });
});
