import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { explain } from "../../cli/explain/explain";
import type { Manifest } from "../../components/base/manifest";
import { arbitraryCatalogue } from "../catalogue/arbitrary";
import { differing, line, matrix, worldOf } from "./questions";

/** Whether a service's own entry names this, read off it without any of the program's queries. */
function declares(
    catalogue: Catalogue,
    source: string,
    destination: string,
    port: string,
    request: string,
): boolean {
    const service = catalogue.services[source]!;
    const [, store] = destination.split("/");
    if (store !== undefined) return service.stores?.includes(store) ?? false;
    return (service.calls ?? []).some(
        ({ to, port: own, requests = [], methods = [] }) =>
            to === destination &&
            own === port &&
            (requests.some((one) => one === request) ||
                methods.some((method) => request.endsWith(`/${method}`)) ||
                requests.length + methods.length === 0),
    );
}

describe("mesh explain, of any catalogue's objects", function () {
    this.timeout(60_000);

    it("allows what the catalogue declares, and nothing else", () => {
        let allowed = 0;
        fc.assert(
            fc.property(arbitraryCatalogue(6), (catalogue) => {
                for (const answer of matrix(worldOf(catalogue), catalogue)) {
                    const { source, destination, port, request, verdict, edges } = answer;
                    const expected = declares(catalogue, source, destination, port, request);
                    assert.equal(verdict.allowed, expected, line(answer));
                    assert.equal(edges.length > 0, expected, line(answer));
                    allowed += expected ? 1 : 0;
                }
            }),
            { numRuns: 30 },
        );
        assert.ok(allowed > 0, "no drawn catalogue had an edge");
    });

    it("takes back exactly what an ALLOW lets through that is removed", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(6), fc.nat(), (catalogue, pick) => {
                const before = matrix(worldOf(catalogue), catalogue);
                const allowed = before.filter(({ verdict }) => verdict.allowed);
                const picked = allowed[pick % Math.max(allowed.length, 1)];
                fc.pre(picked !== undefined);
                const { source, destination } = picked;
                const [name, namespace] = destination.includes("/")
                    ? [destination.split("/")[1], "databases"]
                    : [destination, "sparc"];
                const remove = ({ kind, metadata }: Manifest) =>
                    !(
                        kind === "AuthorizationPolicy" &&
                        metadata.namespace === namespace &&
                        metadata.name === `${name}-from-${source}`
                    );
                const after = matrix(
                    worldOf(catalogue, (objects) => objects.filter(remove)),
                    catalogue,
                );
                assert.deepEqual(
                    differing(before, after).map(line),
                    after
                        .filter(
                            (_one, index) =>
                                before[index]!.verdict.allowed &&
                                before[index]!.source === source &&
                                before[index]!.destination === destination,
                        )
                        .map(line),
                );
            }),
            { numRuns: 30 },
        );
    });
});

describe("mesh explain, of the platform's objects", function () {
    this.timeout(60_000);

    const before = matrix(worldOf(platform), platform);

    it("says of the whole matrix what the catalogue says", () => {
        const wrong = before.filter(({ verdict, edges }) => verdict.allowed !== edges.length > 0);
        assert.deepEqual(wrong.map(line), []);
        assert.ok(before.filter(({ verdict }) => verdict.allowed).length > 80);
    });

    /** What changes when the objects do, as `source > destination port request`. */
    function changes(change: (object: Manifest) => readonly Manifest[]): string[] {
        const after = matrix(
            worldOf(platform, (objects) => objects.flatMap(change)),
            platform,
        );
        return differing(before, after).map(line);
    }

    const is = (object: Manifest, kind: string, name: string) =>
        object.kind === kind && object.metadata.namespace === "sparc" && object.metadata.name === name;

    it("opens exactly the port that a widened ALLOW opens", () => {
        const opened = changes((object) => {
            if (
                object.kind !== "AuthorizationPolicy" ||
                !is(object, "AuthorizationPolicy", "alerts-from-api-gateway")
            )
                return [object];
            const rules = object.spec.rules!.map((rule) => ({
                ...rule,
                to: [{ operation: { ports: ["8080"] } }],
            }));
            return [{ ...object, spec: { ...object.spec, rules } }];
        });
        assert.deepEqual(opened, ["api-gateway > alerts http DELETE /v1/alerts/{*} allowed"]);
    });

    it("closes what a DENY denies, and only that", () => {
        const deny: Manifest = {
            apiVersion: "security.istio.io/v1",
            kind: "AuthorizationPolicy",
            metadata: { name: "frozen", namespace: "sparc" },
            spec: {
                selector: { matchLabels: { "sparc.dev/service": "settings" } },
                action: "DENY",
                rules: [{ to: [{ operation: { paths: ["*/Update"] } }] }],
            },
        };
        assert.deepEqual(
            changes((object) => (is(object, "Sidecar", "settings") ? [object, deny] : [object])).map(
                (text) => text.split(" > ")[0],
            ),
            before
                .filter(
                    (one) =>
                        one.verdict.allowed &&
                        one.destination === "settings" &&
                        one.request.endsWith("/Update"),
                )
                .map(({ source }) => source),
        );
    });

    it("closes all that goes to a service whose NetworkPolicy is gone, and all that it does", () => {
        const closed = changes((object) => (is(object, "NetworkPolicy", "alerts") ? [] : [object]));
        assert.deepEqual(
            closed.length,
            before.filter(
                ({ source, destination, verdict }) =>
                    verdict.allowed && (source === "alerts" || destination === "alerts"),
            ).length,
        );
    });

    it("opens nothing when one of the caller's two defences is gone: the other still stands", () => {
        assert.deepEqual(
            changes((object) => (object.kind === "Sidecar" ? [] : [object])),
            [],
        );
        assert.deepEqual(
            changes((object) => (object.kind === "NetworkPolicy" ? [] : [object])),
            [],
        );
    });

    it("proposes changes of the catalogue that allow what was denied", () => {
        const denied = before.filter(({ verdict }) => !verdict.allowed);
        let tried = 0;
        for (const [index, { source, destination, port, request, change: propose }] of denied.entries()) {
            assert.ok(propose !== undefined);
            if (index % 100 !== 0) continue;
            const change = propose();
            if (typeof change === "string" || change.problems.length > 0) continue;
            const again = explain(worldOf(change.catalogue), change.catalogue, { source, destination });
            const same = again.find((one) => one.port === port && one.request === request);
            assert.ok(same?.verdict.allowed, `${source} > ${destination} ${port} ${request}`);
            assert.ok(same.edges.length > 0);
            tried += 1;
        }
        assert.ok(tried > 3, `${tried} tried`);
    });

    it("proposes a timeout and retries to which the checks have nothing to say, where there are such", () => {
        const propose = before.find(
            ({ source, destination, request }) =>
                source === "reports" && destination === "alerts" && request === "GET /v1/alerts",
        )?.change;
        const change = propose?.() ?? assert.fail("nothing is proposed");
        assert.ok(typeof change !== "string");
        assert.deepEqual(change.problems, []);
        // 2 s, the usual, would be no longer than alerts itself waits for devices.
        assert.match(change.parts[0]?.snippet ?? "", /timeout: "3s"/);
    });
});
