import assert from "node:assert/strict";
import { platform } from "../../catalogue/platform";
import { explain } from "../../cli/explain/explain";
import { World } from "../../cli/explain/world/world";
import type { Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";

describe("mesh explain, of tenants inside", () => {
    it("tells whose word on the tenant a sidecar takes", () => {
        const config = loadStackFile("prod", `${__dirname}/../..`);
        const derived = deriveAll({ catalogue: platform, config });
        const stepsOf = (source: string, destination: string, path: string, by = derived) =>
            explain(new World(by), platform, { source, destination, port: "http", path })[0]!.verdict.steps;
        const said = (source: string, destination: string, path: string, by = derived) =>
            stepsOf(source, destination, path, by).find(({ objects }) =>
                objects.includes(`sparc/EnvoyFilter/${destination}-tenant-context`),
            );
        const forwarded = said("api-gateway", "alerts", "/v1/alerts");
        assert.match(forwarded?.text ?? "", /^takes what a token says of the tenant/);
        assert.deepEqual(forwarded?.conditions, [
            "x-tenant is absent, or what the token in the request says",
            "x-roles is absent, or what the token in the request says",
            "x-plan is absent, or what the token in the request says",
            "x-subject is absent, or what the token in the request says",
        ]);
        const read = stepsOf("api-gateway", "alerts", "/v1/alerts").find(
            ({ layer }) => layer === "RequestAuthentication",
        );
        assert.match(read?.text ?? "", /^reads tokens of https:.*; a wrong one counts for none$/);
        assert.deepEqual(said("analytics", "search", "/v1/search")?.conditions, []);
        assert.equal(said("api-gateway", "search", "/v1/search")?.conditions.length, 4);
        assert.deepEqual(said("public", "video", "/hls/acme/cam-7/index.m3u8")?.conditions, [
            "x-tenant is the tenant that the path names",
        ]);
        // Without the part that lets a wrong token pass, Istio's own answer holds; what else a filter does is unknown.
        const changed = (change: (patches: readonly object[]) => unknown) => ({
            ...derived,
            objects: derived.objects.map((object) =>
                object.metadata.name === "alerts-tenant-context" && object.kind === "EnvoyFilter"
                    ? ({
                          ...object,
                          spec: { ...object.spec, configPatches: change(object.spec.configPatches ?? []) },
                      } as Manifest)
                    : object,
            ),
        });
        const strict = changed((patches) =>
            patches.filter((patch) => !JSON.stringify(patch).includes("requirement_map")),
        );
        assert.match(
            stepsOf("api-gateway", "alerts", "/v1/alerts", strict).find(
                ({ layer }) => layer === "RequestAuthentication",
            )?.text ?? "",
            /the answer is 401$/,
        );
        const wider = changed((patches) => [
            ...patches,
            {
                applyTo: "HTTP_FILTER",
                match: { context: "SIDECAR_INBOUND" },
                patch: { operation: "REMOVE", value: {} },
            },
        ]);
        assert.match(said("api-gateway", "alerts", "/v1/alerts", wider)?.text ?? "", /not judged here/);
    });
});
