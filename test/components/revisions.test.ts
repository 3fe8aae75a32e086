import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import type { MutatingWebhookConfigurationManifest, NamespaceManifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { parseConfig } from "../../config/load";
import { testConfig } from "../support/config";

const OLD = { name: "1-30-5", version: "1.30.5" };
const NEW = { name: "1-31-1", version: "1.31.1" };

function derived(istio: unknown) {
    const config = testConfig({ domain: "a.example", istio });
    const { objects, releases } = deriveAll({ catalogue, config });
    const webhook = objects.find(
        (object): object is MutatingWebhookConfigurationManifest =>
            object.kind === "MutatingWebhookConfiguration",
    );
    return {
        istiods: new Map(
            releases
                .filter(({ name }) => name.startsWith("istiod"))
                .map(({ name, values, chart }) => [name, { values, chart }]),
        ),
        base: releases.find(({ name }) => name === "istio-base")?.values,
        webhook,
        namespaces: objects.filter((object): object is NamespaceManifest => object.kind === "Namespace"),
    };
}

const ROOT = join(__dirname, "..", "..");

/** What the program derives for a stack, as text, if another Istio release is pinned. Loads the program again. */
function renderedWith(stack: string, pinned?: string): string {
    const load = createRequire(__filename);
    const isOurs = (path: string) =>
        path.startsWith(`${ROOT}${sep}`) && !path.includes(`${sep}node_modules${sep}`);
    const loaded = Object.entries(load.cache).filter(([path]) => isOurs(path));
    const unload = () => {
        for (const path of Object.keys(load.cache).filter(isOurs)) Reflect.deleteProperty(load.cache, path);
    };
    unload();
    try {
        const versions = load("../../config/versions") as Record<string, unknown>;
        const cached = load.cache[load.resolve("../../config/versions")];
        assert.ok(cached !== undefined && typeof versions["ISTIO_VERSION"] === "string");
        if (pinned !== undefined) cached.exports = { ...versions, ISTIO_VERSION: pinned };
        const { platform } = load("../../catalogue/platform") as { platform: unknown };
        const { loadStackFile } = load("../../config/load") as {
            loadStackFile: (stack: string, folder: string) => unknown;
        };
        const { deriveAll: derive } = load("../../components/concerns") as {
            deriveAll: (platform: unknown) => unknown;
        };
        return JSON.stringify(derive({ catalogue: platform, config: loadStackFile(stack, ROOT) }));
    } finally {
        unload();
        for (const [path, module] of loaded) load.cache[path] = module;
    }
}

describe("a change of the pinned Istio release", () => {
    for (const stack of ["prod", "dev", "local"])
        it(`changes nothing that is rendered for ${stack}, byte for byte`, () => {
            const now = renderedWith(stack);
            assert.ok(now.length > 100_000);
            assert.equal(renderedWith(stack, "1.31.99"), now);
        });

    it("does not add a revision to a stack that lists none", () => {
        assert.throws(
            () => parseConfig("test", { domain: "a.example", istio: { replicas: 2 } }),
            /istio\.revisions: must list the stack's revisions of istiod, such as \[\{ name: /,
        );
    });
});

describe("the parts that Istio's revisions share", () => {
    const versions = (istio: Readonly<Record<string, unknown>>) => {
        const config = testConfig({ domain: "a.example", istio });
        const all = deriveAll({ catalogue, config }).releases.flatMap(({ name, chart, values }) => {
            const { tag } = (values["global"] ?? {}) as { tag?: string };
            return chart.from === "registry" && chart.reference.includes("/istio/release/")
                ? [[name, tag ?? chart.version] as const]
                : [];
        });
        const map = new Map(all);
        return ["istio-base", "istio-cni", "istio-ingressgateway", "istio-egressgateway"].map((name) =>
            map.get(name),
        );
    };

    it("follow the only revision", () => {
        assert.deepEqual(versions({ revisions: [OLD] }), Array(4).fill("1.30.5"));
    });

    it("have the CRDs of the newest revision, and everything else of the stable one", () => {
        const both = { revisions: [OLD, NEW], stable: OLD.name };
        assert.deepEqual(versions(both), ["1.31.1", "1.30.5", "1.30.5", "1.30.5"]);
        assert.deepEqual(versions({ ...both, stable: NEW.name }), Array(4).fill("1.31.1"));
    });

    it("have the version that the stack sets, each separately", () => {
        const both = { revisions: [OLD, NEW], stable: NEW.name };
        assert.deepEqual(versions({ ...both, componentVersions: { cni: "1.30.5" } }), [
            "1.31.1",
            "1.30.5",
            "1.31.1",
            "1.31.1",
        ]);
        assert.deepEqual(versions({ ...both, componentVersions: { gateways: "1.30.5" } }), [
            "1.31.1",
            "1.31.1",
            "1.30.5",
            "1.30.5",
        ]);
        assert.deepEqual(versions({ revisions: [OLD], componentVersions: { base: "1.31.1" } })[0], "1.31.1");
    });

    it("come from the folder of their version, if a folder has several", () => {
        const config = testConfig({
            domain: "a.example",
            istio: {
                revisions: [OLD, NEW],
                stable: OLD.name,
                charts: { from: "folder", path: "charts/{version}" },
            },
        });
        const paths = deriveAll({ catalogue, config }).releases.flatMap(({ name, chart }) =>
            chart.from === "folder" ? [[name, chart.path] as const] : [],
        );
        const of = new Map(paths);
        assert.equal(of.get("istiod-1-30-5"), "charts/1.30.5/istiod");
        assert.equal(of.get("istiod-1-31-1"), "charts/1.31.1/istiod");
        assert.equal(of.get("istio-base"), "charts/1.31.1/base");
        assert.equal(of.get("istio-ingressgateway"), "charts/1.30.5/gateway");
    });
});

describe("Istio revisions", () => {
    it("run side by side, each with its version and unique names", () => {
        const { istiods } = derived({ revisions: [OLD, NEW], stable: OLD.name });
        assert.deepEqual([...istiods.keys()], ["istiod-1-30-5", "istiod-1-31-1"]);
        for (const { name, version } of [OLD, NEW]) {
            const istiod = istiods.get(`istiod-${name}`);
            assert.ok(istiod !== undefined);
            assert.equal(istiod.values["revision"], name);
            assert.deepEqual(istiod.chart, {
                from: "registry",
                reference: "oci://ghcr.io/istio/release/charts/istiod",
                version,
            });
            const { tag } = istiod.values["global"] as { tag: string };
            assert.equal(tag, version);
        }
    });

    it("differ only in names and versions", () => {
        const { istiods } = derived({ revisions: [OLD, NEW], stable: OLD.name });
        const [a, b] = [...istiods.values()].map(({ values }) => {
            const { revision, global, ...rest } = values as { revision: string; global: object };
            assert.ok(revision !== "");
            const text = JSON.stringify({ ...rest, global: { ...global, tag: undefined } });
            return JSON.parse(text.replaceAll(`"${revision}"`, '"<revision>"')) as unknown;
        });
        assert.deepEqual(a, b);
    });

    it("drain connections for Istio's default time, unless the stack sets one", () => {
        const drainDuration = (istio: object) =>
            [...derived(istio).istiods.values()].map(
                ({ values }) =>
                    (values["meshConfig"] as { defaultConfig: { drainDuration?: string } }).defaultConfig
                        .drainDuration,
            );
        assert.deepEqual(drainDuration({}), [undefined]);
        assert.deepEqual(drainDuration({ drainSeconds: 5 }), ["5s"]);
    });

    it("are called by the tag's webhook, which names only the stable one", () => {
        for (const stable of [OLD.name, NEW.name]) {
            const { webhook, base } = derived({ revisions: [OLD, NEW], stable });
            const [only, ...more] = webhook?.webhooks ?? [];
            assert.ok(webhook !== undefined && only !== undefined && more.length === 0);
            assert.equal(webhook.metadata.labels?.["istio.io/rev"], stable);
            assert.equal(only.clientConfig.service?.name, `istiod-${stable}`);
            assert.equal(only.failurePolicy, "Fail");
            assert.equal(base?.["defaultRevision"], stable);
        }
    });

    it("are selected by every namespace in the mesh through the tag, and by no other", () => {
        const { namespaces, webhook } = derived({ revisions: [NEW] });
        const selected = webhook?.webhooks?.[0]?.namespaceSelector?.matchExpressions;
        assert.deepEqual(selected, [
            { key: "istio.io/rev", operator: "In", values: ["stable"] },
            { key: "istio-injection", operator: "DoesNotExist" },
        ]);
        for (const { metadata } of namespaces) {
            const outside = ["istio-system", "cert-manager"].includes(metadata.name);
            assert.equal(metadata.labels?.["istio.io/rev"], outside ? undefined : "stable", metadata.name);
            assert.equal(
                metadata.labels?.["istio-injection"],
                outside ? "disabled" : undefined,
                metadata.name,
            );
        }
    });
});
