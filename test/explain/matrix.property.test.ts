import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { explain } from "../../cli/explain/explain";
import type { Manifest } from "../../components/base/manifest";
import { arbitraryCatalogue } from "../catalogue/arbitrary";
import { cases } from "../support/cases";
import { differing, line, matrix, snapshotOf } from "./queries";

/** Whether a service's catalogue entry declares this, without the program's queries. */
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
        ({ to, port: callPort, requests = [], methods = [] }) =>
            to === destination &&
            callPort === port &&
            (requests.some((one) => one === request) ||
                methods.some((method) => request.endsWith(`/${method}`)) ||
                requests.length + methods.length === 0),
    );
}

describe("mesh explain, for any catalogue's objects", function () {
    this.timeout(60_000);

    it("allows exactly what the catalogue declares", () => {
        let allowed = 0;
        fc.assert(
            fc.property(arbitraryCatalogue(6), (catalogue) => {
                for (const answer of matrix(snapshotOf(catalogue), catalogue)) {
                    const { source, destination, port, request, verdict, edges } = answer;
                    const expected = declares(catalogue, source, destination, port, request);
                    assert.equal(verdict.allowed, expected, line(answer));
                    assert.equal(edges.length > 0, expected, line(answer));
                    allowed += expected ? 1 : 0;
                }
            }),
            { numRuns: cases(10, 30) },
        );
        assert.ok(allowed > 0, "no generated catalogue had an edge");
    });

    it("denies exactly what a removed ALLOW allowed", () => {
        fc.assert(
            fc.property(arbitraryCatalogue(6), fc.nat(), (catalogue, pick) => {
                const before = matrix(snapshotOf(catalogue), catalogue);
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
                    snapshotOf(catalogue, (objects) => objects.filter(remove)),
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
            { numRuns: cases(10, 30) },
        );
    });
});

describe("mesh explain, for the platform's objects", function () {
    this.timeout(60_000);

    const before = matrix(snapshotOf(platform), platform);

    it("agrees with the catalogue on the whole matrix", () => {
        const wrong = before.filter(({ verdict, edges }) => verdict.allowed !== edges.length > 0);
        assert.deepEqual(wrong.map(line), []);
        assert.ok(before.filter(({ verdict }) => verdict.allowed).length > 80);
    });

    /** The verdicts that change with the objects, as `source > destination port request`. */
    function changes(change: (object: Manifest) => readonly Manifest[]): string[] {
        const after = matrix(
            snapshotOf(platform, (objects) => objects.flatMap(change)),
            platform,
        );
        return differing(before, after).map(line);
    }

    const is = (object: Manifest, kind: string, name: string) =>
        object.kind === kind && object.metadata.namespace === "sparc" && object.metadata.name === name;

    it("allows exactly the port that a widened ALLOW opens", () => {
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

    it("denies exactly what a DENY matches", () => {
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

    it("denies all calls to and from a service whose NetworkPolicy is removed", () => {
        const closed = changes((object) => (is(object, "NetworkPolicy", "alerts") ? [] : [object]));
        assert.deepEqual(
            closed.length,
            before.filter(
                ({ source, destination, verdict }) =>
                    verdict.allowed && (source === "alerts" || destination === "alerts"),
            ).length,
        );
    });

    it("allows nothing when one of the caller's two layers is removed: the other still denies", () => {
        assert.deepEqual(
            changes((object) => (object.kind === "Sidecar" ? [] : [object])),
            [],
        );
        assert.deepEqual(
            changes((object) => (object.kind === "NetworkPolicy" ? [] : [object])),
            [],
        );
    });

    it("proposes catalogue changes that allow a denied call", () => {
        const denied = before.filter(({ verdict }) => !verdict.allowed);
        let tried = 0;
        for (const [index, { source, destination, port, request, change: propose }] of denied.entries()) {
            assert.ok(propose !== undefined);
            if (index % 100 !== 0) continue;
            const change = propose();
            if (typeof change === "string" || change.problems.length > 0) continue;
            const again = explain(snapshotOf(change.catalogue), change.catalogue, { source, destination });
            const same = again.find((one) => one.port === port && one.request === request);
            assert.ok(same?.verdict.allowed, `${source} > ${destination} ${port} ${request}`);
            assert.ok(same.edges.length > 0);
            tried += 1;
        }
        assert.ok(tried > 3, `${tried} tried`);
    });

    it("proposes a timeout and retries that pass the checks, if there are any", () => {
        const propose = before.find(
            ({ source, destination, request }) =>
                source === "reports" && destination === "alerts" && request === "GET /v1/alerts",
        )?.change;
        const change = propose?.() ?? assert.fail("nothing is proposed");
        assert.ok(typeof change !== "string");
        assert.deepEqual(change.problems, []);
        // The default of 2 s would not exceed the timeout of alerts' call to devices.
        assert.match(change.parts[0]?.snippet ?? "", /timeout: "3s"/);
    });
});
