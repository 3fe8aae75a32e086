import assert from "node:assert/strict";
import { authorize } from "../../cli/lib/evaluate/authorization";
import type { Workload } from "../../cli/lib/evaluate/model";
import { mtlsOf } from "../../cli/lib/evaluate/peer-authentication";
import type { InboundRequest, Rule } from "../../cli/lib/evaluate/rule";
import { sidecarScope } from "../../cli/lib/evaluate/sidecar";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import type { Manifest } from "../../components/base/manifest";

const workload: Workload = {
    name: "back",
    namespace: "sparc",
    labels: { app: "back" },
    account: "back",
    meshed: true,
};
const caller = "cluster.local/ns/sparc/sa/front";
const arrival: InboundRequest = {
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

const snapshot = (...objects: Manifest[]) => new MeshSnapshot({ objects, releases: [] });
const verdict = (objects: Manifest[], request: InboundRequest = arrival) =>
    authorize(snapshot(...objects), workload, request);

describe("mesh explain's evaluation of AuthorizationPolicies", () => {
    const rules: [string, Rule, boolean][] = [
        ["an empty rule", {}, true],
        ["an exact principal", { from: [{ source: { principals: [caller] } }] }, true],
        ["a principal by prefix", { from: [{ source: { principals: ["cluster.local/ns/sparc/*"] } }] }, true],
        ["a principal by suffix", { from: [{ source: { principals: ["*/sa/front"] } }] }, true],
        [
            "another principal",
            { from: [{ source: { principals: ["cluster.local/ns/sparc/sa/other"] } }] },
            false,
        ],
        ["a negated principal", { from: [{ source: { notPrincipals: [caller] } }] }, false],
        ["a namespace", { from: [{ source: { namespaces: ["sparc"] } }] }, true],
        ["a service account", { from: [{ source: { serviceAccounts: ["sparc/front"] } }] }, true],
        [
            "a service account of the policy's namespace",
            { from: [{ source: { serviceAccounts: ["front"] } }] },
            true,
        ],
        ["another trust domain", { from: [{ source: { notTrustDomains: ["cluster.local"] } }] }, false],
        ["a port", { to: [{ operation: { ports: ["8080"] } }] }, true],
        ["a negated port", { to: [{ operation: { notPorts: ["8080"] } }] }, false],
        ["a method and a path", { to: [{ operation: { methods: ["GET"], paths: ["/v1/{*}"] } }] }, true],
        ["a negated path", { to: [{ operation: { notPaths: ["/v1/*"] } }] }, false],
        ["a negated method", { to: [{ operation: { notMethods: ["POST"] } }] }, true],
        ["a host, in any case", { to: [{ operation: { hosts: ["BACK.*"] } }] }, true],
        ["a negated host", { to: [{ operation: { notHosts: ["back.*"] } }] }, false],
        [
            "one of two operations",
            { to: [{ operation: { ports: ["1"] } }, { operation: { ports: ["8080"] } }] },
            true,
        ],
        ["a header", { when: [{ key: "request.headers[X-A]", values: ["1"] }] }, true],
        ["a header's other value", { when: [{ key: "request.headers[x-a]", notValues: ["1"] }] }, false],
        ["a port by condition", { when: [{ key: "destination.port", values: ["9090"] }] }, false],
        ["a caller by condition", { when: [{ key: "source.principal", values: [caller] }] }, true],
        ["empty lists, which match everything", { to: [{ operation: { ports: [], paths: [] } }] }, true],
    ];
    for (const [what, rule, expected] of rules) {
        it(`matches ${what} in ALLOW and DENY: ${expected}`, () => {
            assert.equal(verdict([policy(rule)]).verdict === "allowed", expected);
            const open = policy({}, {}, { name: "open" });
            assert.equal(verdict([open, policy(rule, { action: "DENY" })]).verdict === "denied", expected);
        });
    }

    it("denies everything with an ALLOW without rules, and nothing without policies, in dry run or by another selector", () => {
        const none = policy({}, { rules: undefined });
        assert.deepEqual(
            [verdict([none]).verdict, verdict([none]).objects],
            ["denied", ["sparc/AuthorizationPolicy/p"]],
        );
        assert.equal(verdict([]).verdict, "not-configured");
        const dry = policy({}, { action: "DENY" }, { annotations: { "istio.io/dry-run": "true" } });
        assert.match(verdict([dry]).conditions.join(), /dry-run mode/);
        // istiod parses the annotation with Go's strconv.ParseBool, which accepts no other word.
        const isDry = (value: string): boolean => {
            const one = policy({}, { action: "DENY" }, { annotations: { "istio.io/dry-run": value } });
            return verdict([one]).verdict !== "denied";
        };
        assert.deepEqual(["1", "t", "T", "TRUE", "True"].map(isDry), [true, true, true, true, true]);
        assert.deepEqual(["0", "false", "yes", "on", "tRUE", ""].map(isDry), Array(6).fill(false));
        assert.equal(verdict([dry]).verdict, "not-configured");
        assert.equal(
            verdict([policy({}, { action: "DENY", selector: { matchLabels: { app: "x" } } })]).verdict,
            "not-configured",
        );
    });

    it("resolves a service account without a namespace in the policy's namespace", () => {
        const rule: Rule = { from: [{ source: { serviceAccounts: ["front"] } }] };
        const inRoot = policy(rule, { action: "DENY" }, { namespace: "istio-system" });
        assert.notEqual(verdict([inRoot]).verdict, "denied");
        assert.equal(verdict([policy(rule, { action: "DENY" })]).verdict, "denied");
    });

    it("matches * with any present header, even an empty one", () => {
        const rule: Rule = { when: [{ key: "request.headers[x-a]", values: ["*"] }] };
        const withValue = (value: string): InboundRequest => ({
            ...arrival,
            http: { method: "GET", path: "/", host: "back", headers: { "x-a": value } },
        });
        const without: InboundRequest = {
            ...arrival,
            http: { method: "GET", path: "/", host: "back", headers: {} },
        };
        const passes = (arrival: InboundRequest) => verdict([policy(rule)], arrival).verdict !== "denied";
        assert.deepEqual([withValue("1"), withValue(""), without].map(passes), [true, true, false]);
    });

    it("applies the root namespace's policies everywhere", () => {
        assert.equal(
            verdict([policy({}, { action: "DENY" }, { namespace: "istio-system" })]).verdict,
            "denied",
        );
        assert.equal(
            verdict([policy({}, { action: "DENY" }, { namespace: "other" })]).verdict,
            "not-configured",
        );
    });

    it("matches no principal for a caller without an identity, and no request fields for a connection", () => {
        const connection: InboundRequest = { principal: caller, port: 8080 };
        const paths: Rule = { to: [{ operation: { ports: ["8080"], paths: ["/x"] } }] };
        assert.equal(
            verdict([policy({ from: [{ source: { principals: ["*"] } }] })], {
                ...arrival,
                principal: undefined,
            }).verdict,
            "denied",
        );
        assert.equal(verdict([policy(paths)], connection).verdict, "denied");
        // A DENY ignores them and denies more.
        assert.equal(verdict([policy(paths, { action: "DENY" })], connection).verdict, "denied");
    });

    it("reports conditions on tokens and addresses, and assumes that they hold", () => {
        const scoped: Rule = { when: [{ key: "request.auth.claims[scope]", values: ["alerts:write"] }] };
        const allowed = verdict([policy(scoped)]);
        assert.equal(allowed.verdict, "allowed");
        assert.deepEqual(allowed.conditions, [
            "sparc/AuthorizationPolicy/p allows if request.auth.claims[scope] is one of alerts:write",
        ]);
        const anonymous = policy(
            { from: [{ source: { notRequestPrincipals: ["*"] } }] },
            { action: "DENY" },
            { name: "token" },
        );
        assert.match(
            verdict([policy({}), anonymous]).conditions.join(),
            /token denies if .* is not one of \*/,
        );
        assert.match(
            verdict([
                policy({}),
                policy({}, { action: "CUSTOM", provider: { name: "opa" } }),
            ]).conditions.join(),
            /opa/,
        );
    });
});

describe("mesh explain's evaluation of mutual TLS and Sidecars", () => {
    const peer = (namespace: string, spec: object): Manifest => ({
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        metadata: { name: "x", namespace },
        spec,
    });
    const selector = { matchLabels: { app: "back" } };

    it("uses a port's mode, else the workload's, the namespace's, the mesh's", () => {
        const mesh = peer("istio-system", { mtls: { mode: "STRICT" } });
        const space = peer("sparc", { mtls: { mode: "PERMISSIVE" } });
        const peerAuthentication = peer("sparc", {
            selector,
            mtls: { mode: "DISABLE" },
            portLevelMtls: { 8081: { mode: "STRICT" } },
        });
        const unset = peer("sparc", { selector, mtls: { mode: "UNSET" } });
        const mode = (port: number, ...objects: Manifest[]) =>
            mtlsOf(snapshot(...objects), workload, port).mode;
        assert.deepEqual(
            [
                mode(8080),
                mode(8080, mesh),
                mode(8080, mesh, space),
                mode(8080, mesh, space, peerAuthentication),
                mode(8081, mesh, peerAuthentication),
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
        it(`includes ${target.host} by ${hosts.join()}: ${expected}`, () => {
            assert.equal(sidecarScope(snapshot(sidecar([...hosts])), workload, target).isVisible, expected);
        });
    }

    it("denies or allows unknown hosts by the outbound traffic policy of the Sidecar or the mesh", () => {
        const registryOnly = new MeshSnapshot({
            objects: [sidecar(["~/*"])],
            releases: [
                {
                    name: "istiod",
                    namespace: "istio-system",
                    values: { meshConfig: { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } } },
                },
            ],
        });
        assert.equal(sidecarScope(registryOnly, workload, target).verdict, "denied");
        assert.equal(sidecarScope(snapshot(sidecar(["~/*"])), workload, target).verdict, "allowed");
        assert.equal(
            sidecarScope(
                snapshot(sidecar(["~/*"], { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } })),
                workload,
                target,
            ).verdict,
            "denied",
        );
    });
});
