import assert from "node:assert/strict";
import { compare } from "../../cli/verify/drift/compare";
import { describeObject } from "../../cli/verify/drift/describe";
import type { KubeObject } from "../../cli/verify/drift/objects";

function object(kind: string, name: string, spec: unknown, namespace = "sparc"): KubeObject {
    return { apiVersion: "v1", kind, metadata: { name, namespace }, spec };
}

const SELECTOR = { matchLabels: { "sparc.dev/service": "auth" } };
const STRICT = object("PeerAuthentication", "auth", { selector: SELECTOR, mtls: { mode: "STRICT" } });

describe("comparing a cluster with the program", () => {
    it("finds nothing where they agree, whatever the order of fields", () => {
        const live = object("PeerAuthentication", "auth", { mtls: { mode: "STRICT" }, selector: SELECTOR });
        assert.deepEqual(compare([STRICT], [live]), []);
    });

    it("finds what is missing, changed and foreign, each once", () => {
        const open = object("PeerAuthentication", "auth", { selector: SELECTOR, mtls: { mode: "DISABLE" } });
        const gone = object("Sidecar", "auth", {
            workloadSelector: { labels: SELECTOR.matchLabels },
            egress: [{ hosts: ["sparc/users.sparc.svc.cluster.local"] }],
        });
        const extra = object("DestinationRule", "x", {
            host: "auth",
            trafficPolicy: { tls: { mode: "DISABLE" } },
        });
        assert.deepEqual(
            compare([STRICT, gone], [open, extra]).map(({ state, text }) => `${state}: ${text}`),
            [
                "foreign: DestinationRule sparc/x is not the program's: it sets the traffic policy for auth, with TLS DISABLE",
                'changed: PeerAuthentication sparc/auth was changed: spec.mtls.mode is "DISABLE" in the cluster and "STRICT" in the program',
                "missing: Sidecar sparc/auth is missing: it lets auth see users",
            ],
        );
    });

    it("tells a rule for anyone from no rule", () => {
        const nobody = object("AuthorizationPolicy", "a", {});
        const anyone = object("AuthorizationPolicy", "a", { rules: [{}] });
        assert.equal(compare([nobody], [anyone]).length, 1);
        assert.equal(compare([nobody], [object("AuthorizationPolicy", "a", { rules: [] })]).length, 0);
    });

    it("takes an empty list that the API server dropped for no change", () => {
        const program = object("NetworkPolicy", "a", {
            podSelector: {},
            policyTypes: ["Ingress"],
            ingress: [],
        });
        const live = object("NetworkPolicy", "a", { podSelector: {}, policyTypes: ["Ingress"] });
        assert.deepEqual(compare([program], [live]), []);
    });

    it("takes what Flagger makes for a rollout of the program's for no stranger's", () => {
        const canary = object("Canary", "auth", {});
        const routes = (name: string): KubeObject => ({
            ...object("VirtualService", "auth-rollout", { http: [] }),
            metadata: {
                name: "auth-rollout",
                namespace: "sparc",
                ownerReferences: [{ kind: "Canary", name }],
            },
        });
        assert.deepEqual(compare([canary], [routes("auth")]), []);
        assert.deepEqual(
            compare([canary], [routes("other")]).map(({ state }) => state),
            ["foreign"],
        );
        assert.equal(compare([], [routes("auth")]).length, 1);
    });

    it("leaves kinds aside that decide nothing", () => {
        assert.deepEqual(compare([object("Deployment", "auth", {})], []), []);
    });
});

describe("what an object does, in words", () => {
    it("names callers, ports and requests of an AuthorizationPolicy", () => {
        const principals = ["cluster.local/ns/sparc/sa/users"];
        const operation = { ports: ["9090"], methods: ["POST"], paths: ["/a.B/C"] };
        const rules = [{ from: [{ source: { principals } }], to: [{ operation }] }];
        const allow = object("AuthorizationPolicy", "a", { selector: SELECTOR, action: "ALLOW", rules });
        assert.equal(describeObject(allow), "allows users → auth on 9090: POST /a.B/C");
        const deny = object("AuthorizationPolicy", "a", { action: "DENY", rules: [{}] });
        assert.equal(describeObject(deny), "denies anyone → all of sparc");
        const nothing = object("AuthorizationPolicy", "a", {});
        assert.equal(describeObject(nothing), "denies whatever no other policy allows to all of sparc");
    });

    it("names the mode of a PeerAuthentication, and its ports", () => {
        const spec = {
            selector: SELECTOR,
            mtls: { mode: "STRICT" },
            portLevelMtls: { 8081: { mode: "PERMISSIVE" } },
        };
        const identity = object("PeerAuthentication", "a", spec);
        assert.equal(describeObject(identity), "makes mutual TLS STRICT for auth, PERMISSIVE on 8081");
    });

    it("names what a Sidecar shows", () => {
        const none = object("Sidecar", "default", { egress: [{ hosts: ["~/*"] }] });
        assert.equal(describeObject(none), "lets all of sparc see nothing");
    });
});
