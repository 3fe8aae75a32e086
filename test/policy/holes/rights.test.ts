/** Permissions by roles and bindings (H01–H16). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { itAccepts, violationMessages, itRejects } from "./assertions";

const RBAC = "rbac.authorization.k8s.io/v1";
const rule = (groups: string, resources: string, verbs: string, names = ""): string =>
    `{ apiGroups: [${groups}], resources: [${resources}], verbs: [${verbs}]${names === "" ? "" : `, resourceNames: [${names}]`} }`;
const role = (rules: string, namespace = "shop"): string =>
    `{ apiVersion: ${RBAC}, kind: Role, metadata: { name: bot, namespace: ${namespace} }, rules: [${rules}] }`;
const clusterRole = (rules: string, more = ""): string =>
    `{ apiVersion: ${RBAC}, kind: ClusterRole, metadata: { name: bot }, rules: [${rules}]${more} }`;
const bind = (name: string, subject: string, namespace?: string, kind = "ClusterRole"): string =>
    `{ apiVersion: ${RBAC}, kind: ${namespace === undefined ? "ClusterRoleBinding" : "RoleBinding"}, metadata: { name: b${namespace === undefined ? "" : `, namespace: ${namespace}`} }, roleRef: { kind: ${kind}, name: "${name}" }, subjects: [${subject}] }`;
const CARTS = "{ kind: ServiceAccount, name: carts, namespace: shop }";

describe("permissions of a role", () => {
    itRejects("workloads-rbac", [
        { what: "every Secret", yaml: clusterRole(rule('""', "secrets", "list")) },
        {
            what: "a Secret of the cluster by its name",
            yaml: clusterRole(rule('""', "secrets", "get", "mesh-root-1")),
        },
        {
            what: "a Secret of istio-system by its name",
            yaml: role(rule('""', "secrets", "get", "mesh-root-1"), "istio-system"),
        },
        { what: "a namespace's Secrets", yaml: role(rule('""', "secrets", "watch")) },
        { what: "tokens of accounts", yaml: role(rule('""', "serviceaccounts/token", "create")) },
        { what: "exec", yaml: role(rule('""', "pods/exec", "create")) },
        { what: "exec by any subresource of pods", yaml: role(rule('""', '"pods/*"', "create")) },
        { what: "exec by that subresource of anything", yaml: role(rule('""', '"*/exec"', "create")) },
        { what: "ephemeral containers", yaml: role(rule('""', "pods/ephemeralcontainers", "patch")) },
        { what: "the kubelets' API", yaml: clusterRole(rule('""', "nodes/proxy", "get")) },
        { what: "labels of namespaces", yaml: clusterRole(rule('""', "namespaces", "patch")) },
        { what: "pods of every namespace", yaml: clusterRole(rule('""', "pods", "create")) },
        {
            what: "Deployments of istio-system",
            yaml: role(rule("apps", "deployments", "patch"), "istio-system"),
        },
        {
            what: "the mesh's ConfigMap",
            yaml: role(rule('""', "configmaps", "update", "istio"), "istio-system"),
        },
        {
            what: "mesh policies, one by one",
            yaml: role(
                `${rule("security.istio.io", "peerauthentications", "create")}, ${rule("security.istio.io", "authorizationpolicies", "delete")}`,
            ),
        },
        { what: "EnvoyFilters", yaml: role(rule("networking.istio.io", "envoyfilters", '"*"')) },
        {
            what: "routes of the Gateway API",
            yaml: role(rule("gateway.networking.k8s.io", "httproutes", "create")),
        },
        {
            what: "NetworkPolicies",
            yaml: role(rule("networking.k8s.io", "networkpolicies", "deletecollection")),
        },
        { what: "Cilium's policies", yaml: role(rule("cilium.io", "ciliumnetworkpolicies", "create")) },
        {
            what: "webhooks",
            yaml: clusterRole(rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "patch")),
        },
        {
            what: "CRDs",
            yaml: clusterRole(rule("apiextensions.k8s.io", "customresourcedefinitions", "patch")),
        },
        { what: "APIServices", yaml: clusterRole(rule("apiregistration.k8s.io", "apiservices", "update")) },
        { what: "certificates", yaml: role(rule("cert-manager.io", "certificates", "create")) },
        {
            what: "approval of certificates",
            yaml: clusterRole(rule("certificates.k8s.io", "certificatesigningrequests/approval", "update")),
        },
        {
            what: "signing",
            yaml: clusterRole(rule("certificates.k8s.io", "signers", "sign", '"example.com/*"')),
        },
        { what: "impersonation", yaml: clusterRole(rule('""', "users, groups", "impersonate")) },
        { what: "escalation", yaml: clusterRole(rule("rbac.authorization.k8s.io", "roles", "escalate")) },
        {
            what: "binding of any role",
            yaml: clusterRole(rule("rbac.authorization.k8s.io", "clusterroles", "bind")),
        },
        { what: "everything to read", yaml: clusterRole(rule('"*"', '"*"', "get, list, watch")) },
        {
            what: "everything by its verbs",
            yaml: clusterRole(rule('"*"', '"*"', "get, create, update, patch, delete")),
        },
        {
            what: "aggregation",
            yaml: clusterRole("", ", aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: b } }] }"),
        },
        {
            what: "OpenShift's kind",
            yaml: clusterRole(rule('""', "secrets", "get")).replace(RBAC, "authorization.openshift.io/v1"),
        },
    ]);
    itAccepts("workloads-rbac", [
        { what: "leader election", yaml: role(rule("coordination.k8s.io", "leases", "get, create, update")) },
        { what: "a Secret of its namespace", yaml: role(rule('""', "secrets", "get", "carts-database")) },
        {
            what: "Deployments of an ordinary namespace",
            yaml: role(rule("apps", "deployments", "get, patch")),
        },
        {
            what: "a team's ConfigMap in istio-system",
            yaml: role(rule('""', "configmaps", "update", "leader-of-bot"), "istio-system"),
        },
        {
            what: "mesh policies to read",
            yaml: clusterRole(rule("security.istio.io, networking.istio.io", '"*"', "get, list, watch")),
        },
        {
            what: "the status of mesh policies",
            yaml: role(rule("networking.istio.io", "virtualservices/status", "patch")),
        },
        { what: "the team's API group", yaml: clusterRole(rule("shop.example.com", '"*"', '"*"')) },
        {
            what: "binding of one named role",
            yaml: clusterRole(rule("rbac.authorization.k8s.io", "clusterroles", "bind", "carts-reader")),
        },
        {
            what: "what an exception lists",
            yaml: role(rule("networking.istio.io", "virtualservices", "update")),
            config: listed("networking.istio.io/virtualservices"),
        },
    ]);
    itRejects("workloads-rbac", [
        {
            what: "more than an exception lists",
            yaml: role(rule('networking.istio.io, ""', "virtualservices, secrets", "update, get")),
            config: listed("networking.istio.io/virtualservices"),
            names: /core\/secrets/,
        },
    ]);

    function listed(grant: string): object {
        return {
            exceptions: [
                {
                    namespace: "shop",
                    name: "bot",
                    grants: [grant],
                    reason: "it owns the routes",
                    until: "2099-01-01",
                },
            ],
        };
    }

    it("rejects a dangerous grant whatever else its rule lists, in any order", () => {
        const dangers: readonly [string, string, string][] = [
            ["", "secrets", "list"],
            ["", "pods/exec", "create"],
            ["security.istio.io", "authorizationpolicies", "patch"],
            ["admissionregistration.k8s.io", "mutatingwebhookconfigurations", "delete"],
            ["", "serviceaccounts/token", "create"],
        ];
        const words = (list: string[]): fc.Arbitrary<string[]> => fc.subarray(list);
        fc.assert(
            fc.property(
                fc.constantFrom(...dangers),
                words(["shop.example.com", "coordination.k8s.io"]),
                words(["leases", "events", "carts"]),
                words(["get", "watch", "update"]),
                fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
                ([group, resource, verb], groups, resources, verbs, [anyGroup, anyResource, anyVerb]) => {
                    const rules = [
                        {
                            apiGroups: [...groups, anyGroup ? "*" : group],
                            resources: [...resources, anyResource ? "*" : resource],
                            verbs: [anyVerb ? "*" : verb, ...verbs],
                        },
                    ];
                    const yaml = clusterRole("").replace("rules: []", `rules: ${JSON.stringify(rules)}`);
                    assert.equal(violationMessages("workloads-rbac", yaml).length, 1, yaml);
                },
            ),
        );
    });
});

describe("bindings of roles", () => {
    itRejects("workloads-rbac", [
        { what: "cluster-admin in istio-system", yaml: bind("cluster-admin", CARTS, "istio-system") },
        {
            what: "admin of a gateway's namespace, for people",
            yaml: bind("admin", "{ kind: Group, name: developers }", "istio-ingress"),
        },
        { what: "edit of a workload's namespace", yaml: bind("edit", CARTS, "shop") },
        {
            what: "cluster-admin for all nodes",
            yaml: bind("cluster-admin", "{ kind: Group, name: system:nodes }"),
        },
        {
            what: "a controller's role",
            yaml: bind("system:controller:clusterrole-aggregation-controller", CARTS),
        },
        { what: "a node's role for people", yaml: bind("system:node", "{ kind: User, name: jane }") },
        {
            what: "a role for unauthenticated requests",
            yaml: bind("view", "{ kind: Group, name: system:unauthenticated }"),
        },
        {
            what: "a role for the accounts of a namespace",
            yaml: bind("view", "{ kind: Group, name: system:serviceaccounts:shop }", "shop"),
        },
        {
            what: "the same written as a user",
            yaml: bind("view", "{ kind: User, name: system:serviceaccounts:shop }", "shop"),
        },
    ]);
    itAccepts("workloads-rbac", [
        { what: "cluster-admin for people", yaml: bind("cluster-admin", "{ kind: Group, name: platform }") },
        { what: "the delegation of authentication", yaml: bind("system:auth-delegator", CARTS) },
        {
            what: "Kubernetes' scheduler",
            yaml: bind("system:kube-scheduler", "{ kind: User, name: system:kube-scheduler }"),
        },
        { what: "view", yaml: bind("view", CARTS) },
    ]);
    itRejects("workloads-known-roles", [
        { what: "istiod's role for a service", yaml: bind("istiod-clusterrole-istio-system", CARTS) },
        {
            what: "a Role of another namespace",
            yaml: `${bind("bot", CARTS, "other", "Role")}\n---\n${role("")}`,
        },
        {
            what: "an unknown role for a user that is a service account",
            yaml: bind("prometheus", "{ kind: User, name: system:serviceaccount:shop:carts }"),
        },
    ]);
    itAccepts("workloads-known-roles", [
        { what: "a role of the stack", yaml: `${bind("bot", CARTS)}\n---\n${clusterRole("")}` },
        {
            what: "a listed role",
            yaml: bind("metrics-reader", CARTS),
            config: {
                roles: [{ name: "metrics-reader", reason: "reads only metrics", until: "2099-01-01" }],
            },
        },
        { what: "people", yaml: bind("viewers", "{ kind: Group, name: on-call }") },
    ]);
});
