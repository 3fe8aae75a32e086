import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../../catalogue/platform";
import { rolloutOf } from "../../../catalogue/rollout";
import type { CanaryManifest, Manifest } from "../../../components/base/manifest";
import { manifestKey } from "../../../components/base/manifest";
import { delivery } from "../../../components/delivery/delivery";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";

const stack = loadStackFile("prod", join(__dirname, "..", "..", ".."));
const inProd = (more: Partial<(typeof stack)["delivery"]> = {}) => ({
    catalogue,
    config: { ...stack, delivery: { ...stack.delivery, ...more } },
});
const canariesOf = (objects: readonly Manifest[]) =>
    objects.filter((object): object is CanaryManifest => object.kind === "Canary");
const canaries = canariesOf(delivery.derive(inProd()).objects);

function analysisOf(name: string): CanaryManifest["spec"]["analysis"] {
    const canary = canaries.find(({ metadata }) => metadata.name === name);
    assert.ok(canary, name);
    return canary.spec.analysis;
}

describe("the Canaries", () => {
    it("exist exactly for the services whose requests the mesh sees", () => {
        const expected = Object.entries(catalogue.services)
            .filter(([, service]) => Object.values(service.ports).some(({ protocol }) => protocol !== "tcp"))
            .map(([name]) => name)
            .sort();
        assert.deepEqual(canaries.map(({ metadata }) => metadata.name).sort(), expected);
        assert.ok(!expected.includes("device-telemetry"));
        assert.ok(expected.length > 20);
    });

    it("are limited to those that the stack lists", () => {
        const some = delivery.derive(inProd({ services: ["auth", "video"] })).objects;
        assert.deepEqual(
            canariesOf(some).map(({ metadata }) => metadata.name),
            ["auth", "video"],
        );
    });

    it("are absent, along with Flagger, if the stack disables it", () => {
        const { releases, objects } = deriveAll(inProd({ enabled: false }));
        const flaggers = (text: string) => /flagger\.app|rollout|-primary|-canary|loadtester/.test(text);
        assert.deepEqual(
            releases.filter(({ name }) => flaggers(name) || name === "flagger"),
            [],
        );
        assert.deepEqual(
            objects.filter((object) => flaggers(`${object.apiVersion} ${manifestKey(object)}`)),
            [],
        );
        assert.deepEqual(
            objects.filter(
                (object) => object.kind === "VirtualService" && object.spec.http?.some((one) => one.delegate),
            ),
            [],
        );
        assert.deepEqual(
            objects.filter(({ metadata }) => metadata.name.includes("flagger")).map(manifestKey),
            ["_cluster/Namespace/flagger-system"],
        );
    });

    it("progress in steps, except video (blue/green) and analytics (A/B by cookie)", () => {
        for (const { metadata, spec } of canaries) {
            const { stepWeights, iterations, mirror, match } = spec.analysis;
            const what = metadata.name;
            if (what === "video") {
                assert.deepEqual([stepWeights, iterations, mirror, match], [undefined, 6, true, undefined]);
            } else if (what === "analytics") {
                assert.deepEqual([stepWeights, iterations, mirror], [undefined, 6, undefined]);
                assert.equal(match?.length, 1);
            } else {
                assert.deepEqual(
                    [stepWeights, iterations, mirror, match],
                    [[5, 10, 25, 50], undefined, undefined, undefined],
                    what,
                );
            }
        }
    });

    it("match the cookie exactly, at any position among others", () => {
        const [match] = analysisOf("analytics").match ?? [];
        const cookie = new RegExp(`^(?:${match?.headers?.["cookie"]?.regex ?? ""})$`);
        for (const sent of ["variant=b", "a=1; variant=b", "variant=b; c=2", "a=1;variant=b; c=2"])
            assert.match(sent, cookie);
        for (const sent of ["variant=a", "xvariant=b", "variant=bc", "a=variant=b"])
            assert.doesNotMatch(sent, cookie);
    });

    it("require approval only for auth and billing, before the rollout and before promotion", () => {
        for (const { metadata, spec } of canaries) {
            const gates = (spec.analysis.webhooks ?? []).filter(({ metadata: task }) => task === undefined);
            const types = gates.map(({ type }) => type);
            const expected = ["auth", "billing"].includes(metadata.name)
                ? [
                      "confirm-rollout",
                      "pre-rollout",
                      "pre-rollout",
                      "rollback",
                      "confirm-promotion",
                      "post-rollout",
                      "post-rollout",
                  ]
                : [];
            assert.deepEqual(types, expected, metadata.name);
        }
    });

    it("have what Flagger adds to each webhook, so that the next deployment changes nothing back", () => {
        const hooks = canaries.flatMap(({ spec }) => spec.analysis.webhooks ?? []);
        assert.ok(hooks.length > 4);
        for (const { name, muteAlert } of hooks) assert.equal(muteAlert, false, name);
    });

    it("close each gate again for the next version, and run one more check before", () => {
        const hooks = (analysisOf("auth").webhooks ?? [])
            .filter(({ type }) => type === "pre-rollout" || type === "post-rollout")
            .map(({ type, url, retries = 0 }) => `${type ?? ""} ${new URL(url).pathname} ${retries}`);
        // Flagger calls the hooks in order for each version, also for one that replaces another.
        assert.deepEqual(hooks, [
            "pre-rollout /gate/check 0",
            "pre-rollout /gate/close 3",
            "post-rollout /gate/close 3",
            "post-rollout /rollback/close 3",
        ]);
    });

    it("take over the service's routes and create no object that the program registers", () => {
        const names = new Set(deriveAll(inProd()).objects.map(manifestKey));
        for (const { metadata, spec } of canaries) {
            const service = catalogue.services[metadata.name];
            assert.ok(service);
            const { port } = rolloutOf(service) ?? {};
            assert.equal(spec.service?.port, port?.number);
            assert.equal(spec.service?.delegation, true);
            assert.equal(spec.revertOnDeletion, true);
            const { name: apex = "" } = spec.service ?? {};
            for (const name of [apex, `${apex}-primary`, `${apex}-canary`])
                for (const kind of ["Service", "VirtualService", "DestinationRule"])
                    assert.ok(!names.has(`sparc/${kind}/${name}`), `${kind} ${name}`);
        }
    });
});

describe("a rollout of a service that does not support it", () => {
    it("is rejected, with a suggested name", () => {
        const problems = delivery.check?.(inProd({ services: ["vidoe", "device-telemetry", "video"] })) ?? [];
        assert.equal(problems.length, 2);
        assert.match(
            problems[0] ?? "",
            /delivery\.services\.0: the catalogue has no service vidoe; Did you mean "video"\?/,
        );
        assert.match(problems[1] ?? "", /delivery\.services\.1: device-telemetry has TCP ports only/);
    });

    it("is rejected for a worker, which has no ports", () => {
        const { catalogue, config } = inProd({ services: ["video"] });
        const { video } = catalogue.services;
        assert.ok(video);
        const services = { ...catalogue.services, video: { ...video, ports: {} } };
        assert.deepEqual(delivery.check?.({ config, catalogue: { ...catalogue, services } }), [
            "delivery.services.0: video has no ports, and Flagger rolls out only services that receive requests; remove it",
        ]);
    });
});

describe("a metric window that one lost scrape leaves empty", () => {
    it("is rejected, with the minimum", () => {
        const problems = delivery.check?.(inProd({ enabled: true, window: "59s" })) ?? [];
        assert.equal(problems.length, 1);
        assert.match(
            problems[0] ?? "",
            /^delivery\.window: Prometheus scrapes every 15s.*set it to 60s or more/,
        );
        assert.deepEqual(delivery.check?.(inProd({ enabled: true, window: "60s" })), []);
    });
});
