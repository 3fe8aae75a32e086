import assert from "node:assert/strict";
import { join } from "node:path";
import * as fc from "fast-check";
import type { Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { type Difference, difference } from "../../cli/diff/diff";
import { toMarkdown } from "../../cli/diff/report/markdown";
import type { Manifest } from "../../components/base/manifest";
import { loadStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";
import { deriveAll } from "../../components/concerns";
import { arbitraryCatalogue } from "../catalogue/arbitrary";
import { cases } from "../support/cases";
import { config } from "../explain/queries";

const ROOT = join(__dirname, "..", "..");

type Change = (object: Manifest) => readonly Manifest[];

function between(
    before: Catalogue,
    after: Catalogue,
    change: Change = (object) => [object],
    settings: MeshConfig = config,
): Difference {
    const old = deriveAll({ catalogue: before, config: settings });
    const now = deriveAll({ catalogue: after, config: settings });
    return difference(
        { name: "before", objects: old },
        { name: "after", objects: { ...now, objects: now.objects.flatMap(change) } },
    );
}

const NAMES: readonly string[] = "admin-console alerts api-gateway audit auth billing reports rules".split(
    " ",
);

/** Some of the platform's services: the time of a comparison grows with the square of their number. */
const few: Catalogue = {
    ...platform,
    services: Object.fromEntries(
        NAMES.map((name) => {
            const { calls = [], ...service } = platform.services[name]!;
            return [name, { ...service, calls: calls.filter(({ to }) => NAMES.includes(to)) }];
        }),
    ),
};

const changed = (change: Change, settings?: MeshConfig) => between(few, few, change, settings);

/** The catalogue with the fields of `reports`. */
const withReports = (catalogue: Catalogue, fields: Partial<Catalogue["services"][string]>): Catalogue => ({
    ...catalogue,
    services: { ...catalogue.services, reports: { ...catalogue.services["reports"]!, ...fields } },
});

const lines = (changes: Difference["calls"]["allowed"]) =>
    changes.flatMap(({ source, destination, port, requests }) =>
        requests.map((request) => `${source} > ${destination}:${port} ${request}`),
    );

const is = (object: Manifest, kind: string, namespace: string, name: string) =>
    object.kind === kind && object.metadata.namespace === namespace && object.metadata.name === name;

describe("mesh diff", function () {
    this.timeout(120_000);

    it("of equal meshes is empty", () => {
        const result = between(platform, platform);
        assert.deepEqual(result.objects, { added: [], removed: [], changed: [] });
        assert.equal(toMarkdown(result), "**The mesh is the same** in `before` and `after`.\n");
    });

    it("lists exactly the access that a new call grants, and in reverse the access that it loses", () => {
        const call = {
            to: "alerts",
            port: "http",
            requests: ["GET /v1/alerts" as const],
            timeout: "3s" as const,
            idempotent: true,
        };
        const calling = (catalogue: Catalogue) =>
            withReports(catalogue, { calls: [...(catalogue.services["reports"]!.calls ?? []), call] });
        const there = between(platform, calling(platform));
        const both = ["GET", "HEAD"].map((method) => `reports > alerts:8080 ${method} /v1/alerts`);
        assert.deepEqual(lines(there.calls.allowed), both);
        assert.deepEqual([there.calls.denied, there.calls.conditions], [[], []]);
        assert.deepEqual(there.hosts, { reachable: [], unreachable: [] });
        assert.deepEqual(there.objects.added, ["sparc/AuthorizationPolicy/alerts-from-reports"]);
        const back = between(calling(few), few);
        assert.deepEqual(lines(back.calls.denied), both);
        assert.deepEqual(back.calls.allowed, []);
    });

    it("distinguishes a wildcard from the requests that it replaces, and a whole port from both", () => {
        const widened =
            (operation: Record<string, string[]>): Change =>
            (object) => {
                if (
                    object.kind !== "AuthorizationPolicy" ||
                    !is(object, object.kind, "sparc", "alerts-from-api-gateway")
                )
                    return [object];
                const [first, ...rest] = object.spec.rules!;
                return [
                    {
                        ...object,
                        spec: { ...object.spec, rules: [{ ...first, to: [{ operation }] }, ...rest] },
                    },
                ];
            };
        const base = { ports: ["8080"], methods: ["GET"] };
        assert.deepEqual(
            lines(changed(widened({ ...base, paths: ["/v1/alerts", "/v1/alerts/{**}"] })).calls.allowed),
            ["api-gateway > alerts:8080 GET /v1/alerts/{**}"],
        );
        assert.deepEqual(lines(changed(widened({ ports: ["8080"] })).calls.allowed), [
            "api-gateway > alerts:8080 anything",
        ]);
    });

    it("names the callers that reach a new external host, and the gateway's clients", () => {
        const { external = [] } = few.services["reports"]!;
        const outside = between(few, withReports(few, { external: [...external, "payment"] }));
        assert.ok(outside.hosts.reachable.length > 0);
        for (const { by } of outside.hosts.reachable) assert.deepEqual(by, ["reports"]);
        const served = changed((object) =>
            object.kind === "VirtualService" && object.spec.hosts?.[0] === "admin.mesh.example.com"
                ? []
                : [object],
        );
        assert.deepEqual(served.hosts.unreachable, [
            { host: "admin.mesh.example.com:443", by: ["clients of the gateway istio-ingress/admin"] },
        ]);
        assert.ok(lines(served.calls.denied).every((line) => line.startsWith("admin gateway's clients > ")));
    });

    it("detects a mesh with unrestricted egress", () => {
        const old = deriveAll({ catalogue: platform, config });
        const releases = old.releases.map((release) => ({
            ...release,
            values: JSON.parse(
                JSON.stringify(release.values).replace("REGISTRY_ONLY", "ALLOW_ANY"),
            ) as typeof release.values,
        }));
        const objects = old.objects.filter(({ kind }) => kind !== "NetworkPolicy" && kind !== "Sidecar");
        const result = difference(
            { name: "before", objects: old },
            { name: "after", objects: { releases, objects } },
        );
        const anywhere = result.hosts.reachable.find(({ host }) => host === "any other host");
        assert.ok((anywhere?.by.length ?? 0) > 20);
    });

    it("detects a removed token requirement", () => {
        const open: Change = (object) =>
            object.kind === "AuthorizationPolicy" &&
            is(object, object.kind, "istio-ingress", "istio-ingressgateway-to-api-gateway.api")
                ? [
                      {
                          ...object,
                          spec: {
                              ...object.spec,
                              rules: object.spec.rules!.map((rule) => ({
                                  ...(rule.to === undefined ? {} : { to: rule.to }),
                              })),
                          },
                      },
                  ]
                : [object];
        const result = changed(open, loadStackFile("prod", ROOT));
        const [first] = result.calls.conditions;
        assert.equal(first?.source, "public gateway's clients");
        assert.ok(first.before.join().includes("token") && !first.after.join().includes("token"));
    });

    it("finds for any catalogue exactly the requests of an added call", () => {
        let compared = 0;
        fc.assert(
            fc.property(arbitraryCatalogue(5), fc.nat(), (catalogue, pick) => {
                const callers = Object.entries(catalogue.services).filter(
                    ([, { calls = [] }]) => calls.length > 0,
                );
                const chosen = callers[pick % Math.max(callers.length, 1)];
                fc.pre(chosen !== undefined);
                const [name, service] = chosen;
                const [first, ...rest] = service.calls!;
                const without: Catalogue = {
                    ...catalogue,
                    services: { ...catalogue.services, [name]: { ...service, calls: rest } },
                };
                const { calls } = between(without, catalogue);
                assert.deepEqual(calls.denied, []);
                for (const { source, destination } of calls.allowed)
                    assert.deepEqual([source, destination], [name, first!.to]);
                const operations = [...(first!.requests ?? []), ...(first!.methods ?? [])];
                const still = rest.filter(({ to, port }) => to === first!.to && port === first!.port);
                const covered = new Set(
                    still.flatMap(({ requests = [], methods = [] }) => [...requests, ...methods]),
                );
                const expected = operations.filter((one) => !covered.has(one as never));
                const requested = calls.allowed.flatMap(({ requests }) => requests);
                for (const one of expected)
                    assert.ok(
                        requested.some((text) => text === one || text.endsWith(`/${one}`)),
                        `${one}: ${String(requested)}`,
                    );
                compared += requested.length;
            }),
            { numRuns: cases(5, 15) },
        );
        assert.ok(compared > 0, "nothing was compared");
    });
});

describe("mesh diff as Markdown", () => {
    it("starts with the granted access and a diagram, and collapses the objects", () => {
        const result = changed((object) =>
            is(object, "AuthorizationPolicy", "sparc", "alerts-from-api-gateway") ? [] : [object],
        );
        const text = toMarkdown(result);
        assert.match(text, /^### What changes in the mesh, from `before` to `after`/);
        assert.match(
            text,
            /#### No longer allowed\n\n\| caller \| callee \| requests \|\n\| --- \| --- \| --- \|\n\| api-gateway \| alerts:8080 \|/,
        );
        assert.match(text, /```mermaid\nflowchart LR\n[^`]*party_api_gateway -\.-> party_alerts/);
        assert.match(text, /<summary>Objects: 0 objects added, 0 changed, 1 removed<\/summary>/);
        assert.ok(!text.includes("Newly allowed"));
    });

    it("has a maximum length for any number of changes", () => {
        const empty = difference(
            { name: "before", objects: { objects: [], releases: [] } },
            { name: "after", objects: deriveAll({ catalogue: platform, config }) },
        );
        const text = toMarkdown(empty);
        assert.ok(text.length < 30_000, `${text.length} characters`);
        assert.match(text, /… and \d+ more: `mesh diff --json` lists all\./);
        assert.match(text, /- … and \d+ more\n\n<\/details>/);
    });
});
