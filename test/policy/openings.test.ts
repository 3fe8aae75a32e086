/**
 * Openings (changes that widen access) from a generator and oracles that are independent of the pack: some for each field of each kind
 * here, more with `npm run policy:openings`. The oracles are tested with known openings and known harmless changes.
 */
import assert from "node:assert/strict";
import { type EvaluatedResource } from "../../cli/policy/protocol";
import { type Change, changesOf, Donors } from "./openings/generator";
import { isWeaker } from "./openings/oracle/conditions";
import { Oracle } from "./openings/oracle/index";
import { sampledChanges } from "./openings/sample";
import { idOf } from "./openings/schema";
import { isOpening, outcome, profilesOf } from "./openings/score";
import { RandomSource } from "../support/random";
import { registered } from "./support/registered";
import { packConfig } from "./support/stacks";

/** A few fields of one object of each kind that an oracle reads, to fit a unit test's time. */
const SAMPLING = { seed: 7, objects: 1, ofEachField: 1, ofEachKind: 14 };

const KINDS =
    /^(security\.istio\.io|rbac\.authorization\.k8s\.io)\/|\/(Gateway|NetworkPolicy|Service|Sidecar)$/;

describe("generated openings", function () {
    this.timeout(600_000);
    let prod: readonly EvaluatedResource[];
    let oracle: Oracle;

    before(async () => {
        prod = await registered("prod");
        oracle = new Oracle(prod);
    });

    it("are rejected by the closed profile, whatever field they change", () => {
        const profiles = profilesOf(packConfig("prod"));
        const outcomes = sampledChanges(prod, SAMPLING)
            .filter(({ kind }) => KINDS.test(kind))
            .map((change) => outcome(change, prod, oracle, profiles));
        const openings = outcomes.filter(isOpening);
        assert.ok(outcomes.length > 80, `${outcomes.length} changes`);
        assert.ok(openings.length > 5, `${openings.length} openings`);
        assert.deepEqual(
            outcomes.flatMap(({ failed }) => failed ?? []),
            [],
        );
        assert.deepEqual(
            openings
                .filter(({ closed }) => closed.length === 0)
                .map(({ change }) => `${change.kind} ${change.field} ${change.how}`),
            [],
        );
    });

    it("are the same for the same seed", () => {
        const descriptions = (): string[] =>
            sampledChanges(prod, SAMPLING).map(
                ({ kind, field, how, after }) =>
                    `${kind} ${field} ${how} ${JSON.stringify(after.properties)}`,
            );
        assert.deepEqual(descriptions(), descriptions());
    });

    it("cover every field that the objects have", () => {
        const policy = find("security.istio.io/AuthorizationPolicy", "alerts-from-api-gateway");
        const fields = new Set(
            changesOf(policy, new Donors(prod), new RandomSource(1)).map(
                ({ field, how }) => `${field} ${how}`,
            ),
        );
        for (const expected of [
            "spec.selector deleted",
            "spec.action replaced",
            "spec.rules.*.from deleted",
            "spec.rules.*.from.*.source.principals item added",
            "spec.rules.*.from.*.source.namespaces set",
            "spec.rules.*.to.*.operation.paths.* replaced",
            "spec.rules.*.to.*.operation.notMethods set",
            "spec.rules.*.when set",
            "metadata.annotations set",
        ]) {
            assert.ok(fields.has(expected), expected);
        }
    });

    describe("the oracles", () => {
        const verdictOf = (
            kind: string,
            name: string,
            edit: (spec: Record<string, never>) => void,
        ): string => {
            const before = find(kind, name);
            const after = structuredClone(before);
            edit((after.properties["spec"] ?? after.properties) as Record<string, never>);
            const change: Change = { kind, field: "", how: "replaced", before, after };
            return oracle.evaluate(change).verdict;
        };

        it("detect openings", () => {
            const allow = "security.istio.io/AuthorizationPolicy";
            assert.equal(
                verdictOf(allow, "alerts-from-api-gateway", (spec: Record<string, unknown>) => {
                    spec["rules"] = [{}];
                }),
                "reaches",
            );
            assert.equal(
                verdictOf(
                    "security.istio.io/PeerAuthentication",
                    "default",
                    (spec: Record<string, unknown>) => {
                        spec["mtls"] = { mode: "PERMISSIVE" };
                    },
                ),
                "layer",
            );
            assert.equal(
                verdictOf("core/Service", "auth", (spec: Record<string, unknown>) => {
                    spec["type"] = "LoadBalancer";
                }),
                "weaker",
            );
            assert.equal(
                verdictOf(
                    "rbac.authorization.k8s.io/ClusterRole",
                    "sparc-mesh-viewer",
                    (role: Record<string, unknown>) => {
                        role["rules"] = [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }];
                    },
                ),
                "weaker",
            );
        });

        it("accept harmless changes", () => {
            const allow = "security.istio.io/AuthorizationPolicy";
            assert.equal(
                verdictOf(allow, "alerts-from-api-gateway", (spec: Record<string, unknown>) => {
                    spec["rules"] = [];
                }),
                "closed",
            );
            assert.equal(
                verdictOf("core/Service", "auth", () => undefined),
                "closed",
            );
            assert.equal(
                verdictOf("networking.istio.io/EnvoyFilter", "public-sampling", () => undefined),
                "unknown",
            );
        });

        it("compare conditions by the requests that they allow", () => {
            const roles = (...values: string[]): string => `roles is one of ${values.join(", ")}`;
            assert.equal(isWeaker([roles("a")], [roles("a", "b")]), true);
            assert.equal(isWeaker([roles("a", "b")], [roles("a")]), false);
            assert.equal(isWeaker([`${roles("a")} and x is one of y`], [roles("a")]), true);
            assert.equal(isWeaker([roles("a")], [`${roles("a")} and x is one of y`]), false);
            assert.equal(isWeaker([roles("a")], [`${roles("a")}, or x is one of y`]), true);
            assert.equal(isWeaker(["x is not one of a, b"], ["x is not one of a"]), true);
            assert.equal(isWeaker(["x is not one of a"], ["x is not one of a, b"]), false);
            assert.equal(isWeaker([roles("a")], []), true);
        });
    });

    function find(kind: string, name: string): EvaluatedResource {
        const resource = prod.find(
            (resource) =>
                idOf(resource) === kind &&
                (resource.properties["metadata"] as { name?: string } | undefined)?.name === name,
        );
        assert.ok(resource !== undefined, `${kind} ${name}`);
        return resource;
    }
});
