import assert from "node:assert/strict";
import { authorize } from "../../cli/explain/evaluate/authorization";
import type { Workload } from "../../cli/explain/evaluate/model";
import { mtlsOf } from "../../cli/explain/evaluate/peer-authentication";
import type { Arrival, Rule } from "../../cli/explain/evaluate/rule";
import { scope } from "../../cli/explain/evaluate/sidecar";
import { World } from "../../cli/explain/world/world";
import type { Manifest } from "../../components/base/manifest";

const workload: Workload = {
    name: "back",
    namespace: "sparc",
    labels: { app: "back" },
    account: "back",
    meshed: true,
};
const caller = "cluster.local/ns/sparc/sa/front";
const asking: Arrival = {
    principal: caller,
    port: 8080,
    http: {
        method: "GET",
        path: "/v1/items?page=2",
        host: "back.sparc.svc.cluster.local",
        headers: { "x-a": "1" },
    },
};

function policy(rule: Rule, rest: object = {}, metadata: object = {}): Manifest {
    return {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: { name: "p", namespace: "sparc", ...metadata },
        spec: { rules: [rule], ...rest },
    };
}

const world = (...objects: Manifest[]) => new World({ objects, releases: [] });
const verdict = (objects: Manifest[], arrival: Arrival = asking) =>
    authorize(world(...objects), workload, arrival);

describe("mesh explain's reading of AuthorizationPolicies", () => {
    const rules: [string, Rule, boolean][] = [
        ["a rule that says nothing", {}, true],
        ["an exact principal", { from: [{ source: { principals: [caller] } }] }, true],
        ["a principal by prefix", { from: [{ source: { principals: ["cluster.local/ns/sparc/*"] } }] }, true],
        ["a principal by suffix", { from: [{ source: { principals: ["*/sa/front"] } }] }, true],
        [
            "another principal",
            { from: [{ source: { principals: ["cluster.local/ns/sparc/sa/other"] } }] },
            false,
        ],
        ["a principal that is not to be", { from: [{ source: { notPrincipals: [caller] } }] }, false],
        ["a namespace", { from: [{ source: { namespaces: ["sparc"] } }] }, true],
        ["a service account", { from: [{ source: { serviceAccounts: ["sparc/front"] } }] }, true],
        [
            "a service account of the policy's namespace",
            { from: [{ source: { serviceAccounts: ["front"] } }] },
            true,
        ],
        ["another trust domain", { from: [{ source: { notTrustDomains: ["cluster.local"] } }] }, false],
        ["a port", { to: [{ operation: { ports: ["8080"] } }] }, true],
        ["a port that is not to be", { to: [{ operation: { notPorts: ["8080"] } }] }, false],
        ["a method and a path", { to: [{ operation: { methods: ["GET"], paths: ["/v1/{*}"] } }] }, true],
        ["a path that is not to be", { to: [{ operation: { notPaths: ["/v1/*"] } }] }, false],
        ["a method that is not to be", { to: [{ operation: { notMethods: ["POST"] } }] }, true],
        ["a host, in any case", { to: [{ operation: { hosts: ["BACK.*"] } }] }, true],
        ["a host that is not to be", { to: [{ operation: { notHosts: ["back.*"] } }] }, false],
        [
            "one of two operations",
            { to: [{ operation: { ports: ["1"] } }, { operation: { ports: ["8080"] } }] },
            true,
        ],
        ["a header", { when: [{ key: "request.headers[X-A]", values: ["1"] }] }, true],
        ["a header's other value", { when: [{ key: "request.headers[x-a]", notValues: ["1"] }] }, false],
        ["a port by condition", { when: [{ key: "destination.port", values: ["9090"] }] }, false],
        ["a caller by condition", { when: [{ key: "source.principal", values: [caller] }] }, true],
        ["empty lists, which say nothing", { to: [{ operation: { ports: [], paths: [] } }] }, true],
    ];
    for (const [what, rule, expected] of rules) {
        it(`lets ALLOW and DENY both match ${what}: ${expected}`, () => {
            assert.equal(verdict([policy(rule)]).verdict === "passes", expected);
            const open = policy({}, {}, { name: "open" });
            assert.equal(verdict([open, policy(rule, { action: "DENY" })]).verdict === "denies", expected);
        });
    }

    it("denies all by an ALLOW without rules, and nothing by no policy, a dry run or another's selector", () => {
        const none = policy({}, { rules: undefined });
        assert.deepEqual(
            [verdict([none]).verdict, verdict([none]).objects],
            ["denies", ["sparc/AuthorizationPolicy/p"]],
        );
        assert.equal(verdict([]).verdict, "not there");
        const dry = policy({}, { action: "DENY" }, { annotations: { "istio.io/dry-run": "true" } });
        assert.match(verdict([dry]).conditions.join(), /dry run/);
        // istiod reads the annotation by Go's strconv.ParseBool, which knows no other word.
        const isDry = (value: string): boolean => {
            const one = policy({}, { action: "DENY" }, { annotations: { "istio.io/dry-run": value } });
            return verdict([one]).verdict !== "denies";
        };
        assert.deepEqual(["1", "t", "T", "TRUE", "True"].map(isDry), [true, true, true, true, true]);
        assert.deepEqual(["0", "false", "yes", "on", "tRUE", ""].map(isDry), Array(6).fill(false));
        assert.equal(verdict([dry]).verdict, "not there");
        assert.equal(
            verdict([policy({}, { action: "DENY", selector: { matchLabels: { app: "x" } } })]).verdict,
            "not there",
        );
    });

    it("takes a service account without a namespace for one of the policy's own", () => {
        const rule: Rule = { from: [{ source: { serviceAccounts: ["front"] } }] };
        const inRoot = policy(rule, { action: "DENY" }, { namespace: "istio-system" });
        assert.notEqual(verdict([inRoot]).verdict, "denies");
        assert.equal(verdict([policy(rule, { action: "DENY" })]).verdict, "denies");
    });

    it("takes * of a header for one that is there, though it may be empty", () => {
        const rule: Rule = { when: [{ key: "request.headers[x-a]", values: ["*"] }] };
        const withValue = (value: string): Arrival => ({
            ...asking,
            http: { method: "GET", path: "/", host: "back", headers: { "x-a": value } },
        });
        const without: Arrival = { ...asking, http: { method: "GET", path: "/", host: "back", headers: {} } };
        const passes = (arrival: Arrival) => verdict([policy(rule)], arrival).verdict !== "denies";
        assert.deepEqual([withValue("1"), withValue(""), without].map(passes), [true, true, false]);
    });

    it("has the root namespace's policies hold everywhere", () => {
        assert.equal(
            verdict([policy({}, { action: "DENY" }, { namespace: "istio-system" })]).verdict,
            "denies",
        );
        assert.equal(verdict([policy({}, { action: "DENY" }, { namespace: "other" })]).verdict, "not there");
    });

    it("matches no principal of a caller without an identity, and no request fields of a connection", () => {
        const connection: Arrival = { principal: caller, port: 8080 };
        const paths: Rule = { to: [{ operation: { ports: ["8080"], paths: ["/x"] } }] };
        assert.equal(
            verdict([policy({ from: [{ source: { principals: ["*"] } }] })], {
                ...asking,
                principal: undefined,
            }).verdict,
            "denies",
        );
        assert.equal(verdict([policy(paths)], connection).verdict, "denies");
        // A DENY leaves them out and denies more.
        assert.equal(verdict([policy(paths, { action: "DENY" })], connection).verdict, "denies");
    });

    it("says what depends on a token or an address, and takes it for given", () => {
        const scoped: Rule = { when: [{ key: "request.auth.claims[scope]", values: ["alerts:write"] }] };
        const allowed = verdict([policy(scoped)]);
        assert.equal(allowed.verdict, "passes");
        assert.deepEqual(allowed.conditions, [
            "sparc/AuthorizationPolicy/p allows if request.auth.claims[scope] is one of alerts:write",
        ]);
        const anonymous = policy(
            { from: [{ source: { notRequestPrincipals: ["*"] } }] },
            { action: "DENY" },
            { name: "token" },
        );
        assert.match(verdict([policy({}), anonymous]).conditions.join(), /token denies if .* is none of \*/);
        assert.match(
            verdict([
                policy({}),
                policy({}, { action: "CUSTOM", provider: { name: "opa" } }),
            ]).conditions.join(),
            /opa/,
        );
    });
});

describe("mesh explain's reading of mutual TLS and Sidecars", () => {
    const peer = (namespace: string, spec: object): Manifest => ({
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        metadata: { name: "x", namespace },
        spec,
    });
    const selector = { matchLabels: { app: "back" } };

    it("takes a port's mode, then the workload's, the namespace's, the mesh's", () => {
        const mesh = peer("istio-system", { mtls: { mode: "STRICT" } });
        const space = peer("sparc", { mtls: { mode: "PERMISSIVE" } });
        const own = peer("sparc", {
            selector,
            mtls: { mode: "DISABLE" },
            portLevelMtls: { 8081: { mode: "STRICT" } },
        });
        const unset = peer("sparc", { selector, mtls: { mode: "UNSET" } });
        const mode = (port: number, ...objects: Manifest[]) => mtlsOf(world(...objects), workload, port).mode;
        assert.deepEqual(
            [
                mode(8080),
                mode(8080, mesh),
                mode(8080, mesh, space),
                mode(8080, mesh, space, own),
                mode(8081, mesh, own),
                mode(8080, mesh, space, unset),
            ],
            ["PERMISSIVE", "STRICT", "PERMISSIVE", "DISABLE", "STRICT", "PERMISSIVE"],
        );
    });

    const sidecar = (hosts: string[], rest: object = {}): Manifest => ({
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name: "s", namespace: "sparc" },
        spec: { egress: [{ hosts }], ...rest },
    });
    const target = { host: "auth.sparc.svc.cluster.local", namespaces: ["sparc"] };
    for (const [hosts, expected] of [
        [["./*"], true],
        [["~/*"], false],
        [["*/*"], true],
        [["sparc/auth.sparc.svc.cluster.local"], true],
        [["databases/*"], false],
        [["sparc/*.sparc.svc.cluster.local"], true],
        [["sparc/other.sparc.svc.cluster.local"], false],
    ] as const) {
        it(`knows ${target.host} by ${hosts.join()}: ${expected}`, () => {
            assert.equal(scope(world(sidecar([...hosts])), workload, target).knows, expected);
        });
    }

    it("refuses or lets pass what it does not know, as the Sidecar or the mesh says", () => {
        const registryOnly = new World({
            objects: [sidecar(["~/*"])],
            releases: [
                {
                    name: "istiod",
                    namespace: "istio-system",
                    values: { meshConfig: { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } } },
                },
            ],
        });
        assert.equal(scope(registryOnly, workload, target).verdict, "denies");
        assert.equal(scope(world(sidecar(["~/*"])), workload, target).verdict, "passes");
        assert.equal(
            scope(
                world(sidecar(["~/*"], { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } })),
                workload,
                target,
            ).verdict,
            "denies",
        );
    });
});
