import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import type { DestinationRuleManifest, VirtualServiceManifest } from "../../../components/base/manifest";
import { serviceHost } from "../../../components/base/names";
import { deriveAll } from "../../../components/concerns";
import { traffic } from "../../../components/traffic/traffic";
import { loadStackFile } from "../../../config/load";

const stack = loadStackFile("prod", join(__dirname, "..", "..", ".."));
const without = { catalogue, config: { ...stack, delivery: { ...stack.delivery, enabled: false } } };
const { objects } = deriveAll({ catalogue, config: stack });
const before = deriveAll(without).objects;

const virtualServices = (all: typeof objects) =>
    all.filter(
        (object): object is VirtualServiceManifest =>
            object.kind === "VirtualService" && object.metadata.namespace === "sparc",
    );
const named = (name: string) =>
    virtualServices(objects).find(({ metadata }) => metadata.name === name)?.spec.http ?? [];

describe("the routes of a service that Flagger rolls out", () => {
    it("keep their match, timeout, retries and headers, and get Flagger's destinations", () => {
        let delegated = 0;
        for (const old of virtualServices(before)) {
            const routes = named(old.metadata.name);
            for (const { route, match, ...settings } of old.spec.http ?? []) {
                const [host] = route?.map(({ destination }) => destination.host) ?? [];
                const twins = routes.filter(({ name }) => name === settings.name);
                for (const twin of twins) {
                    const where = { route: undefined, match: undefined, delegate: undefined };
                    assert.deepEqual(
                        { ...twin, ...where },
                        { ...settings, ...where },
                        `${old.metadata.name} ${settings.name ?? ""}`,
                    );
                }
                const first = twins.find(({ delegate }) => delegate !== undefined);
                if (first === undefined) continue;
                // Mirrored reads have separate routes.
                if (old.metadata.name === "public-stream") continue;
                delegated++;
                assert.equal(host, serviceHost(first.delegate?.name?.replace(/-rollout$/, "") ?? ""));
                assert.deepEqual(first.match, match ?? [{ uri: { prefix: "/" } }]);
            }
        }
        assert.ok(delegated > 80, String(delegated));
    });

    it("are followed by the same routes to the service, until Flagger has created its routes", () => {
        const routes = named("search");
        const delegating = routes.filter(({ delegate }) => delegate !== undefined);
        const whole = routes.filter(({ delegate }) => delegate === undefined);
        assert.deepEqual(
            delegating.map(({ name }) => name),
            whole.map(({ name }) => name),
        );
        for (const [position, { match = [], route }] of whole.entries()) {
            assert.deepEqual(
                match.map(({ sourceNamespace, ...rest }) => [sourceNamespace, rest]),
                delegating[position]?.match?.map((one) => ["sparc", one]),
            );
            assert.deepEqual(route, [
                { destination: { host: serviceHost("search"), port: { number: 8080 } } },
            ]);
        }
        assert.deepEqual(
            named("public-api").map(({ delegate, match }) => [delegate?.name, match]),
            [
                ["api-gateway-rollout", [{ uri: { prefix: "/" } }]],
                [undefined, [{ gateways: ["istio-ingress/public"] }]],
            ],
        );
    });

    it("of a caller name no gateways: Istio ignores source labels in such a match", () => {
        const matches = virtualServices(objects).flatMap(({ spec }) =>
            (spec.http ?? []).flatMap(({ match = [] }) => match),
        );
        const ofCallers = matches.filter(({ sourceLabels }) => sourceLabels !== undefined);
        assert.ok(ofCallers.length > 100);
        assert.deepEqual(
            ofCallers.filter(({ gateways }) => gateways !== undefined),
            [],
        );
    });

    it("go to the primary if Flagger does not split them: other ports, TCP, and non-idempotent requests of a mirrored rollout", () => {
        for (const { match, delegate, route } of named("auth")) {
            if (match?.every(({ port }) => port === 8080)) continue;
            assert.equal(delegate, undefined);
            assert.deepEqual(
                route?.map(({ destination }) => destination.subset),
                ["primary"],
            );
        }
        const tcp = virtualServices(objects).find(({ metadata }) => metadata.name === "public-ingest")?.spec
            .tcp;
        assert.deepEqual(
            tcp?.[0]?.route?.map(({ destination }) => destination.subset),
            ["primary"],
        );
        const copied = named("public-stream").filter(({ delegate }) => delegate !== undefined);
        assert.deepEqual(
            copied.flatMap(({ match = [] }) => match.map(({ method }) => method?.exact)),
            ["GET", "HEAD"],
        );
    });

    it("have the service's traffic policy for primary and canary", () => {
        const rules = objects.filter(
            (object): object is DestinationRuleManifest => object.kind === "DestinationRule",
        );
        const rule = (name: string) => rules.find(({ metadata }) => metadata.name === name)?.spec;
        for (const kind of ["primary", "canary"]) {
            assert.deepEqual(rule(`video-${kind}`), {
                host: serviceHost(`video-rollout-${kind}`),
                trafficPolicy: rule("video")?.trafficPolicy,
            });
        }
        assert.deepEqual(rule("video")?.subsets, [{ name: "primary", labels: { app: "video-primary" } }]);
        assert.equal(rule("device-telemetry")?.subsets, undefined);
    });

    it("cannot be split by the stack's configuration", () => {
        const services = {
            search: { versions: { v1: 100 }, variants: [], mirror: { to: "v1", percent: 5 } },
        };
        const config = { ...stack, traffic: { services } };
        const problems = traffic.check?.({ catalogue, config }) ?? [];
        assert.deepEqual(
            problems.map((problem) => problem.slice(0, problem.indexOf(":"))),
            ["versions", "variants", "mirror"].map((key) => `traffic.services.search.${key}`),
        );
        assert.deepEqual(
            traffic.check?.({ ...without, config: { ...config, delivery: without.config.delivery } }),
            [],
        );
    });
});
