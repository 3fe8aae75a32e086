import assert from "node:assert/strict";
import { platform } from "../../catalogue/platform";
import { explain } from "../../cli/explain/explain";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import type { Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";

describe("mesh explain, for asserted tenants", () => {
    it("reports which callers can assert a tenant", () => {
        const config = loadStackFile("prod", `${__dirname}/../..`);
        const derived = deriveAll({ catalogue: platform, config });
        const stepsOf = (source: string, destination: string, path: string, by = derived) =>
            explain(new MeshSnapshot(by), platform, { source, destination, port: "http", path })[0]!.verdict
                .steps;
        const conditionsOf = (source: string, destination: string, path: string, by = derived) =>
            stepsOf(source, destination, path, by).find(({ objects }) =>
                objects.includes(`sparc/EnvoyFilter/${destination}-tenant-context`),
            );
        const forwarded = conditionsOf("api-gateway", "alerts", "/v1/alerts");
        assert.match(forwarded?.text ?? "", /^takes the tenant from the token/);
        assert.deepEqual(forwarded?.conditions, [
            "x-tenant is absent, or equals the claim in the request's token",
            "x-roles is absent, or equals the claim in the request's token",
            "x-plan is absent, or equals the claim in the request's token",
            "x-subject is absent, or equals the claim in the request's token",
        ]);
        const read = stepsOf("api-gateway", "alerts", "/v1/alerts").find(
            ({ layer }) => layer === "RequestAuthentication",
        );
        assert.match(read?.text ?? "", /^validates tokens of https:.*; an invalid one counts as missing$/);
        assert.deepEqual(conditionsOf("analytics", "search", "/v1/search")?.conditions, []);
        assert.equal(conditionsOf("api-gateway", "search", "/v1/search")?.conditions.length, 4);
        assert.deepEqual(conditionsOf("public", "video", "/hls/acme/cam-7/index.m3u8")?.conditions, [
            "x-tenant is the tenant in the path",
        ]);
        // Without the part that accepts invalid tokens, Istio's rejection applies; other effects of a filter are unknown.
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
            /rejected with 401$/,
        );
        const wider = changed((patches) => [
            ...patches,
            {
                applyTo: "HTTP_FILTER",
                match: { context: "SIDECAR_INBOUND" },
                patch: { operation: "REMOVE", value: {} },
            },
        ]);
        assert.match(conditionsOf("api-gateway", "alerts", "/v1/alerts", wider)?.text ?? "", /not evaluated/);
    });
});
