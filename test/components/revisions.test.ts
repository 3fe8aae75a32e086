import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import type { MutatingWebhookConfigurationManifest, NamespaceManifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { parseConfig } from "../../config/load";

const OLD = { name: "1-30-5", version: "1.30.5" };
const NEW = { name: "1-31-1", version: "1.31.1" };

function derived(istio: unknown) {
    const config = parseConfig("test", { domain: "a.example", istio });
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
            return { ...rest, global: { ...global, tag: undefined } };
        });
        assert.deepEqual(a, b);
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
        const { namespaces, webhook } = derived({});
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
