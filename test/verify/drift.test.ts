import assert from "node:assert/strict";
import { compare } from "../../cli/lib/drift/compare";
import { describeObject } from "../../cli/lib/drift/describe";
import type { KubeObject } from "../../cli/lib/drift/objects";

function object(kind: string, name: string, spec: unknown, namespace = "sparc"): KubeObject {
    return { apiVersion: "v1", kind, metadata: { name, namespace }, spec };
}

const SELECTOR = { matchLabels: { "sparc.dev/service": "auth" } };
const STRICT = object("PeerAuthentication", "auth", { selector: SELECTOR, mtls: { mode: "STRICT" } });

describe("comparing a cluster with the program", () => {
    it("reports nothing if they match, whatever the order of fields", () => {
        const live = object("PeerAuthentication", "auth", { mtls: { mode: "STRICT" }, selector: SELECTOR });
        assert.deepEqual(compare([STRICT], [live]), []);
    });

    it("reports missing, changed and foreign objects, each once", () => {
        const open = object("PeerAuthentication", "auth", { selector: SELECTOR, mtls: { mode: "DISABLE" } });
        const missing = object("Sidecar", "auth", {
            workloadSelector: { labels: SELECTOR.matchLabels },
            egress: [{ hosts: ["sparc/users.sparc.svc.cluster.local"] }],
        });
        const extra = object("DestinationRule", "x", {
            host: "auth",
            trafficPolicy: { tls: { mode: "DISABLE" } },
        });
        assert.deepEqual(
            compare([STRICT, missing], [open, extra]).map(({ state, text }) => `${state}: ${text}`),
            [
                "foreign: DestinationRule sparc/x is a foreign object and can widen access: it sets the traffic policy for auth, with TLS DISABLE",
                'changed: PeerAuthentication sparc/auth was changed: spec.mtls.mode is "DISABLE" in the cluster and "STRICT" in the program',
                "missing: Sidecar sparc/auth is missing: it limits auth to users",
            ],
        );
    });

    it("distinguishes a rule for anyone from no rule", () => {
        const noRule = object("AuthorizationPolicy", "a", {});
        const anyoneRule = object("AuthorizationPolicy", "a", { rules: [{}] });
        assert.equal(compare([noRule], [anyoneRule]).length, 1);
        assert.equal(compare([noRule], [object("AuthorizationPolicy", "a", { rules: [] })]).length, 0);
    });

    it("ignores an empty list that the API server dropped", () => {
        const program = object("NetworkPolicy", "a", {
            podSelector: {},
            policyTypes: ["Ingress"],
            ingress: [],
        });
        const live = object("NetworkPolicy", "a", { podSelector: {}, policyTypes: ["Ingress"] });
        assert.deepEqual(compare([program], [live]), []);
    });

    it("does not report objects that Flagger creates for the program's rollouts as foreign", () => {
        const canary = object("Canary", "auth", { service: { name: "auth-rollout" } });
        const flaggers = (kind: string, name: string, owner = "auth"): KubeObject => ({
            ...object(kind, name, { http: [] }),
            metadata: { name, namespace: "sparc", ownerReferences: [{ kind: "Canary", name: owner }] },
        });
        const routes = flaggers("VirtualService", "auth-rollout");
        const primary = flaggers("DestinationRule", "auth-rollout-primary");
        assert.deepEqual(compare([canary], [routes, primary]), []);
        for (const forged of [
            flaggers("VirtualService", "auth-rollout", "other"),
            flaggers("VirtualService", "users"),
            flaggers("DestinationRule", "auth-rollout"),
            flaggers("ServiceEntry", "auth-rollout"),
        ])
            assert.deepEqual(
                compare([canary], [forged]).map(({ state, widensAccess }) => [state, widensAccess]),
                [["foreign", true]],
            );
        assert.equal(compare([], [routes]).length, 1);
    });

    const withMetadata = (one: KubeObject, metadata: Partial<KubeObject["metadata"]>): KubeObject => ({
        ...one,
        metadata: { ...one.metadata, ...metadata },
    });
    const texts = (program: KubeObject, live: KubeObject) =>
        compare([program], [live]).map(({ text }) => text);

    it("compares only the labels and annotations that change behavior", () => {
        const deny = object("AuthorizationPolicy", "deny-all", {});
        assert.deepEqual(texts(deny, withMetadata(deny, { annotations: { "istio.io/dry-run": "true" } })), [
            'AuthorizationPolicy sparc/deny-all was changed: metadata.annotations.istio.io/dry-run is "true" in the cluster and absent in the program',
        ]);
        const revised = withMetadata(deny, { labels: { "istio.io/rev": "1-31-1", team: "a" } });
        assert.equal(
            texts(revised, withMetadata(revised, { labels: { "istio.io/rev": "other" } })).length,
            1,
        );
        assert.equal(
            texts(revised, withMetadata(revised, { labels: { "istio.io/rev": "1-31-1" } })).length,
            0,
        );
        const exported = { "networking.istio.io/exportTo": "*" };
        const service = object("Service", "auth", { selector: { app: "auth" } });
        assert.equal(texts(service, withMetadata(service, { annotations: exported })).length, 1);
        const namespace: KubeObject = {
            apiVersion: "v1",
            kind: "Namespace",
            metadata: { name: "sparc", labels: { "istio.io/rev": "default" } },
        };
        const live = withMetadata(namespace, { labels: { "istio-injection": "disabled" } });
        assert.match(
            texts(namespace, live).join(),
            /istio-injection is "disabled".*istio\.io\/rev is absent/,
        );
        const enforced = { ...namespace.metadata.labels, "pod-security.kubernetes.io/enforce": "privileged" };
        assert.equal(texts(namespace, withMetadata(namespace, { labels: enforced })).length, 1);
    });

    it("ignores defaults of the API server, but not changes of behavior", () => {
        const service = object("Service", "auth", { selector: { app: "auth" }, ports: [{ port: 80 }] });
        const spec = service.spec as object;
        const filled = {
            ...spec,
            clusterIP: "10.0.0.1",
            type: "ClusterIP",
            ports: [{ port: 80, protocol: "TCP" }],
        };
        assert.deepEqual(texts(service, { ...service, spec: filled }), []);
        for (const change of [
            { selector: { app: "other" } },
            { ports: [{ port: 81 }] },
            { externalIPs: ["10.0.0.9"] },
            { externalName: "elsewhere.example" },
        ])
            assert.equal(texts(service, { ...service, spec: { ...filled, ...change } }).length, 1);
        const role = {
            ...object("Role", "flagger", undefined),
            rules: [{ resources: ["a"], verbs: ["get"] }],
        };
        const more = { ...role, rules: [{ resources: ["a"], verbs: ["get", "list"] }] };
        assert.equal(texts(role, more).length, 1);
        const account = { kind: "ServiceAccount", name: "flagger" };
        const binding = { ...object("RoleBinding", "flagger", undefined), subjects: [account] };
        assert.equal(texts(binding, binding).length, 0);
        assert.equal(
            texts(binding, { ...binding, subjects: [account, { ...account, name: "x" }] } as KubeObject)
                .length,
            1,
        );
    });

    it("reports foreign objects by whether they can widen access", () => {
        const widens = (one: KubeObject) => compare([], [one]).map((drift) => drift.widensAccess);
        assert.deepEqual(widens(object("AuthorizationPolicy", "x", { rules: [{}] })), [true]);
        assert.deepEqual(widens(object("AuthorizationPolicy", "x", {})), [false]);
        assert.deepEqual(widens(object("AuthorizationPolicy", "x", { action: "DENY", rules: [{}] })), [
            false,
        ]);
        assert.deepEqual(widens(object("PeerAuthentication", "x", { mtls: { mode: "PERMISSIVE" } })), [true]);
        assert.deepEqual(widens(object("PeerAuthentication", "x", { mtls: { mode: "STRICT" } })), [false]);
        const onPort = { mtls: { mode: "STRICT" }, portLevelMtls: { 80: { mode: "DISABLE" } } };
        assert.deepEqual(widens(object("PeerAuthentication", "x", onPort)), [true]);
        assert.deepEqual(widens(object("NetworkPolicy", "x", { podSelector: {} })), [false]);
        assert.deepEqual(widens(object("NetworkPolicy", "x", { podSelector: {}, egress: [{}] })), [true]);
        assert.deepEqual(widens(object("EnvoyFilter", "x", {})), [true]);
        assert.deepEqual(widens(object("Service", "x", { selector: {} })), []);
        assert.deepEqual(widens(object("Service", "x", { type: "ExternalName", externalName: "a" })), [true]);
    });

    it("reports all other kinds that change proxies or allowed calls", () => {
        for (const kind of [
            "ProxyConfig",
            "TrafficExtension",
            "WasmPlugin",
            "WorkloadEntry",
            "WorkloadGroup",
        ])
            assert.deepEqual(
                compare([], [object(kind, "x", {})]).map(({ state, widensAccess }) => [state, widensAccess]),
                [["foreign", true]],
            );
    });

    it("reports foreign webhooks that change pods or policies, but not those of the program's charts or of EKS", () => {
        type Client = NonNullable<NonNullable<KubeObject["webhooks"]>[number]["clientConfig"]>;
        const local: Client = { service: { namespace: "istio-system", name: "istiod" } };
        const eks = { url: "https://127.0.0.1:23443/mutate" };
        const webhook = (
            resources: string[],
            apiGroups = [""],
            { metadata = {}, clientConfig = local }: { metadata?: object; clientConfig?: Client } = {},
        ): KubeObject => ({
            apiVersion: "admissionregistration.k8s.io/v1",
            kind: "MutatingWebhookConfiguration",
            metadata: { name: "x", ...metadata },
            webhooks: [{ rules: [{ apiGroups, resources }], clientConfig }],
        });
        const foreign = (one: KubeObject) =>
            compare([], [one], [{ name: "istiod", namespace: "istio-system" }]).map(({ text }) => text);
        assert.deepEqual(foreign(webhook(["pods"])), [
            "MutatingWebhookConfiguration _cluster/x is a foreign object and can widen access: it mutates pods or policies on admission",
        ]);
        for (const [resource, group] of [
            ["*", "*"],
            ["*/*", ""],
            ["pods/*", ""],
            ["pods/ephemeralcontainers", ""],
            ["deployments", "apps"],
            ["cronjobs", "batch"],
            ["authorizationpolicies", "security.istio.io"],
            ["networkpolicies", "networking.k8s.io"],
        ] as const)
            assert.equal(foreign(webhook([resource], [group])).length, 1, `${group}/${resource}`);
        assert.deepEqual(foreign(webhook(["*/*"], ["cert-manager.io"])), []);
        assert.deepEqual(foreign(webhook(["configmaps", "podtemplates"])), []);
        const of = (name: string, clientConfig = local, namespace = "istio-system") => ({
            metadata: {
                annotations: {
                    "meta.helm.sh/release-name": name,
                    "meta.helm.sh/release-namespace": namespace,
                },
            },
            clientConfig,
        });
        assert.deepEqual(foreign(webhook(["pods"], [""], of("istiod"))), []);
        for (const forged of [
            of("linkerd"),
            of("istiod", local, "shop"),
            of("istiod", { service: { namespace: "shop", name: "istiod" } }),
            of("istiod", { url: "https://webhook.example.com" }),
        ])
            assert.equal(foreign(webhook(["pods"], [""], forged)).length, 1, JSON.stringify(forged));
        const named = { name: "pod-identity-webhook" };
        assert.deepEqual(foreign(webhook(["pods"], [""], { metadata: named, clientConfig: eks })), []);
        assert.equal(foreign(webhook(["pods"], [""], { metadata: named })).length, 1);
    });

    it("ignores kinds that do not affect access", () => {
        assert.deepEqual(compare([object("Deployment", "auth", {})], []), []);
    });
});

describe("the description of an object", () => {
    it("names callers, ports and requests of an AuthorizationPolicy", () => {
        const principals = ["cluster.local/ns/sparc/sa/users"];
        const operation = { ports: ["9090"], methods: ["POST"], paths: ["/a.B/C"] };
        const rules = [{ from: [{ source: { principals } }], to: [{ operation }] }];
        const allow = object("AuthorizationPolicy", "a", { selector: SELECTOR, action: "ALLOW", rules });
        assert.equal(describeObject(allow), "allows users → auth on 9090: POST /a.B/C");
        const deny = object("AuthorizationPolicy", "a", { action: "DENY", rules: [{}] });
        assert.equal(describeObject(deny), "denies anyone → all of sparc");
        const nothing = object("AuthorizationPolicy", "a", {});
        assert.equal(
            describeObject(nothing),
            "denies everything to all of sparc that no other policy allows",
        );
    });

    it("names the mode of a PeerAuthentication, and its ports", () => {
        const spec = {
            selector: SELECTOR,
            mtls: { mode: "STRICT" },
            portLevelMtls: { 8081: { mode: "PERMISSIVE" } },
        };
        const identity = object("PeerAuthentication", "a", spec);
        assert.equal(describeObject(identity), "sets mutual TLS to STRICT for auth, PERMISSIVE on 8081");
    });

    it("names the hosts of a Sidecar", () => {
        const none = object("Sidecar", "default", { egress: [{ hosts: ["~/*"] }] });
        assert.equal(describeObject(none), "limits all of sparc to no hosts");
    });
});
