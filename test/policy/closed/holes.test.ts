/**
 * Openings that passed the pack before it read configuration as Istio does: each is refused in the profile open by the
 * policy that is named, or in the profile closed, where nothing but what is listed passes.
 */
import assert from "node:assert/strict";
import { registrations } from "../../../cli/policy/registrations";
import { type Mutation } from "../mutations/model";
import { outcomeOf } from "../mutations/score";
import { UnknownField } from "../../../policy/core/read";
import { type StackRule } from "../../../policy/core/rule";
import { judgeWorlds } from "../../../policy/core/sdk";
import { type EngineResource, Subject } from "../../../policy/core/subject";
import { World } from "../../../policy/core/world";
import { RULES } from "../../../policy/rules";
import { findings, fromYaml, openConfig, packConfig } from "../support/stacks";
import { added, annotated, edit, find, istiod, podWith, removedOf, type Stack } from "./edits";

type Make = (stack: Stack) => Mutation;

const values =
    (change: Readonly<Record<string, unknown>>): Make =>
    (stack) =>
        istiod(stack, change);
const mesh = (key: string, value: unknown): Make => values({ [`values.meshConfig.${key}`]: value });
const variable = (name: string, value: string): Make => values({ [`values.env.${name}`]: value });
const add =
    (yaml: string): Make =>
    () =>
        added(yaml);
const webhook =
    (change: Readonly<Record<string, unknown>>): Make =>
    (stack) =>
        edit(find(stack, "MutatingWebhookConfiguration", "istio-revision-tag-stable"), change);
const dryRun =
    (key: string, value: string): Make =>
    (stack) =>
        annotated(find(stack, "AuthorizationPolicy", key), { "istio.io/dry-run": value });
const helmRelease = (spec: string): Make =>
    add(`
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: mesh, namespace: istio-system }
spec: { chart: { spec: { chart: istiod } }, ${spec} }
`);
const application = (source: string): Make =>
    add(`
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: mesh, namespace: argocd }
spec: { destination: { namespace: istio-system }, source: { chart: istiod, helm: ${source} } }
`);

const CONTROL = "identity-control-plane";
const WEBHOOKS = "injection-webhooks";
const BYPASS = "injection-no-bypass";

/** Refused in both profiles, by this policy. */
const OPEN: Readonly<Record<string, readonly [policy: string, make: Make]>> = {
    "A01 dry run by True": ["access-no-dry-run", dryRun("sparc/deny-all", "True")],
    "A02 dry run by 1": ["access-no-dry-run", dryRun("istio-system/deny-all", "1")],
    "A02 dry run by t": ["access-no-dry-run", dryRun("istio-system/deny-all", "t")],
    "B01 trusted node accounts": [CONTROL, variable("CA_TRUSTED_NODE_ACCOUNTS", "sparc/reports")],
    "B02 trusted gateway network": [CONTROL, variable("TRUSTED_GATEWAY_CIDR", "10.0.0.0/8")],
    "B04 injection off": [CONTROL, variable("INJECT_ENABLED", "False")],
    "B05 another signer": [CONTROL, variable("EXTERNAL_CA", "ISTIOD_RA_KUBERNETES_API")],
    "B06 identities of ten years": [CONTROL, variable("MAX_WORKLOAD_CERT_TTL", "87600h")],
    "policies of other namespaces unseen": [CONTROL, variable("ISTIO_WATCH_NAMESPACE", "sparc")],
    "kinds ignored": [CONTROL, variable("PILOT_IGNORE_RESOURCES", "security.istio.io")],
    "a second ConfigMap of the mesh": [CONTROL, variable("SHARED_MESH_CONFIG", "other")],
    "debug endpoints for all": [CONTROL, variable("ENABLE_DEBUG_ENDPOINT_AUTH", "0")],
    "B11 X-Forwarded-For trusted": [CONTROL, mesh("defaultConfig.gatewayTopology", { numTrustedProxies: 1 })],
    "B12 XFCC of clients forwarded": [
        CONTROL,
        mesh("defaultConfig.gatewayTopology", { forwardClientCertDetails: "ALWAYS_FORWARD_ONLY" }),
    ],
    "B12 by number": [CONTROL, mesh("defaultConfig.gatewayTopology", { forward_client_cert_details: 5 })],
    "B12 by the proxy's headers": [
        CONTROL,
        mesh("defaultConfig.proxyHeaders", { forwardedClientCert: "FORWARD_ONLY" }),
    ],
    "B13 credentials to a log": [
        CONTROL,
        mesh("extensionProviders", [
            {
                name: "x",
                envoyHttpAls: { service: "l.example.net", additionalRequestHeadersToLog: ["Authorization"] },
            },
        ]),
    ],
    "B14 authorizer that fails open": [
        CONTROL,
        mesh("extensionProviders", [{ name: "x", envoy_ext_authz_http: { fail_open: true } }]),
    ],
    "B19 validation off": [CONTROL, values({ "values.global.configValidation": false })],
    "B21 alias of sidecar": [
        CONTROL,
        values({ "values.sidecarInjectorWebhook": { aliases: { sidecar: ["x"] } } }),
    ],
    "B22 lifecycle of proxies": [CONTROL, values({ "values.global.proxy.lifecycle": { postStart: {} } })],
    "B25 proxies' variables": [
        CONTROL,
        mesh("defaultConfig.proxyMetadata", { ISTIO_META_UNPRIVILEGED_POD: "true" }),
    ],
    "B26 another control plane": [
        CONTROL,
        mesh("defaultConfig.discoveryAddress", "istiod.attacker.example.net:15012"),
    ],
    "B26 in snake case": [
        CONTROL,
        mesh("defaultConfig.discovery_address", "istiod.attacker.example.net:15012"),
    ],
    "B28 chart by digest": [
        "egress-registry-only",
        values({
            chart: "oci://ghcr.io/istio/release/charts/istiod@sha256:aa",
            "values.meshConfig.outboundTrafficPolicy.mode": "ALLOW_ANY",
        }),
    ],
    "B29 umbrella chart": [
        "egress-registry-only",
        values({
            chart: "oci://registry.example.com/platform/mesh",
            values: {
                platform: {
                    istiod: { env: {}, meshConfig: { outboundTrafficPolicy: { mode: "ALLOW_ANY" } } },
                },
            },
        }),
    ],
    "B29 umbrella chart, variables alone": [
        CONTROL,
        values({ chart: "./mesh", values: { cp: { pilot: { env: { XDS_AUTH: "f" } } } } }),
    ],
    "B30 Flux": [
        "egress-registry-only",
        helmRelease("values: { meshConfig: { outboundTrafficPolicy: { mode: ALLOW_ANY } } }"),
    ],
    "B30 Flux, values from elsewhere": [
        CONTROL,
        helmRelease("values: {}, valuesFrom: [{ kind: ConfigMap, name: x }]"),
    ],
    "B31 Argo CD": ["egress-registry-only", application("{ valuesObject: { meshConfig: {} } }")],
    "B31 Argo CD, text": [CONTROL, application('{ values: "env: { XDS_AUTH: off }" }')],
    "B31 Argo CD, parameters": [
        CONTROL,
        application("{ parameters: [{ name: env.XDS_AUTH, value: 'false' }] }"),
    ],
    "B31 Argo CD, files": [CONTROL, application("{ valueFiles: [open.yaml] }")],
    "k3s HelmChart": [
        CONTROL,
        add(`
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: { name: istiod, namespace: kube-system }
spec: { chart: istio/istiod, targetNamespace: istio-system, valuesContent: "pilot: { env: { INJECT_ENABLED: 'no' } }" }
`),
    ],
    "B32 injector patched": [
        WEBHOOKS,
        () => {
            const mutation = added(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector-1-31-1, namespace: istio-system }
data: { config: "policy: disabled" }
`);
            return {
                ...mutation,
                add: mutation.add!.map((one) => ({ ...one, type: "kubernetes:core/v1:ConfigMapPatch" })),
            };
        },
    ],
    "B33 injector written whole": [
        WEBHOOKS,
        add(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector, namespace: istio-system }
data: { config: "policy: enabled\\nneverInjectSelector: [{ matchLabels: { team: x } }]" }
`),
    ],
    "B33 values of the injector": [
        BYPASS,
        add(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector, namespace: istio-system }
data: { values: '{"global":{"proxy":{"excludeInboundPorts":"8080"}}}' }
`),
    ],
    "B36 the tag selects nobody": [
        WEBHOOKS,
        webhook({ "webhooks.0.namespaceSelector": { matchLabels: { nobody: "here" } } }),
    ],
    "B36 the tag selects another revision": [
        WEBHOOKS,
        webhook({ "webhooks.0.namespaceSelector": { matchLabels: { "istio.io/rev": "other" } } }),
    ],
    "B37 another server": [
        WEBHOOKS,
        webhook({ "webhooks.0.clientConfig": { url: "https://inject.example.net" } }),
    ],
    "B38 failurePolicy": [WEBHOOKS, webhook({ "webhooks.0.failurePolicy": "Ignore" })],
    "B39 no webhooks": [WEBHOOKS, webhook({ webhooks: [] })],
    "B40 pods left out by a label": [
        WEBHOOKS,
        webhook({
            "webhooks.0.objectSelector": {
                matchExpressions: [{ key: "mesh", operator: "NotIn", values: ["no"] }],
            },
        }),
    ],
    "the tag is not called for pods": [WEBHOOKS, webhook({ "webhooks.0.rules.0.operations": ["DELETE"] })],
    "conditions of the tag": [
        WEBHOOKS,
        webhook({ "webhooks.0.matchConditions": [{ name: "x", expression: "false" }] }),
    ],
    "B50 auto mTLS in snake case": ["identity-mesh-tls", mesh("enable_auto_mtls", false)],
    "B51 aliases of the trust domain": [CONTROL, mesh("trust_domain_aliases", ["old.example.com"])],
    "B52 roots": [CONTROL, mesh("ca_certificates", [{ pem: "x" }])],
    "B53 discovery selectors": [CONTROL, mesh("discovery_selectors", [{ matchLabels: { a: "b" } }])],
    "B54b interception in snake case": [CONTROL, mesh("defaultConfig.interception_mode", "NONE")],
    "B54b interception by number": [CONTROL, mesh("defaultConfig.interceptionMode", 2)],
    "B55 ConfigMap in snake case": [
        CONTROL,
        add(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-red, namespace: istio-system }
data: { mesh: "path_normalization: { normalization: 1 }" }
`),
    ],
    "B55 ConfigMap by YAML 1.1": [
        "identity-mesh-tls",
        add(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-red, namespace: istio-system }
data: { mesh: "enable_auto_mtls: off\\nmeshMTLS: { minProtocolVersion: TLSV1_2 }" }
`),
    ],
    "B63 bootstrap": [CONTROL, mesh("defaultConfig.proxyBootstrapTemplatePath", "/tmp/x.json")],
    "B67 weak ciphers": ["identity-mesh-tls", mesh("meshMTLS.cipherSuites", ["AES128-SHA"])],
    "B70 another folder": [
        "egress-registry-only",
        values({
            chart: "./charts/istiod-patched",
            "values.meshConfig.outboundTrafficPolicy.mode": "ALLOW_ANY",
        }),
    ],
    "B72 topology in snake case": [
        CONTROL,
        mesh("defaultConfig.gateway_topology", { num_trusted_proxies: 1 }),
    ],
    "C32 interception by number": [BYPASS, () => podWith("proxy.istio.io/config", "interceptionMode: 2")],
    "C33 interception in snake case": [
        BYPASS,
        () => podWith("proxy.istio.io/config", "interception_mode: NONE"),
    ],
    "C33 interception in JSON": [BYPASS, () => podWith("proxy.istio.io/config", '{"interception_mode":2}')],
    "C09 topology of a pod": [
        BYPASS,
        () => podWith("proxy.istio.io/config", "gatewayTopology: { forwardClientCertDetails: 3 }"),
    ],
    "C35 topology in snake case": [
        BYPASS,
        () => podWith("proxy.istio.io/config", "gateway_topology: { num_trusted_proxies: 2 }"),
    ],
    "G07 TrafficExtension": [
        "extensions-envoy-filters",
        add(`
apiVersion: extensions.istio.io/v1alpha1
kind: TrafficExtension
metadata: { name: w, namespace: istio-system }
spec: { lua: { inlineCode: "function envoy_on_request(h) end" } }
`),
    ],
    "K09 IstioOperator": [
        CONTROL,
        add(`
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: i, namespace: istio-system }
spec:
  unvalidatedValues: { pilot: { env: { PILOT_SKIP_VALIDATE_TRUST_DOMAIN: "true" } } }
  components: { pilot: { k8s: { env: [{ name: CA_TRUSTED_NODE_ACCOUNTS, value: sparc/reports }], overlays: [{ kind: Deployment }] } } }
`),
    ],
};

/** Refused in the profile closed alone: in an open one they may be anybody's intention. */
const CLOSED: Readonly<Record<string, Make>> = {
    "B08 path normalization dropped": mesh("pathNormalization", undefined),
    "B17 profile": values({ "values.profile": "demo" }),
    "B18 compatibility": values({ "values.compatibilityVersion": "1.20" }),
    "B23 images of another registry": values({ "values.global.hub": "registry.attacker.example.net/istio" }),
    "B24 istiod's image": values({ "values.image": "registry.attacker.example.net/pilot:1.31.1" }),
    "B41 Secret cacerts": add(`
apiVersion: v1
kind: Secret
metadata: { name: cacerts, namespace: istio-system }
stringData: { ca-cert.pem: x }
`),
    "B43 a CRD": add(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: authorizationpolicies.security.istio.io }
spec: { group: security.istio.io, versions: [] }
`),
    "B48 PERMISSIVE of a new name": add(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: newone, namespace: sparc }
spec: { selector: { matchLabels: { sparc.dev/service: newone } }, portLevelMtls: { "8081": { mode: PERMISSIVE } } }
`),
    "B68 no metrics": mesh("enablePrometheusMerge", false),
    "D01 internal gateway on the Internet": (stack) => {
        const release = find(stack, "Release", "istio-ingress/istio-internalgateway");
        const mutation = edit(release, {});
        const changedOne = structuredClone(release.properties) as {
            values: { service: { annotations: Record<string, string> } };
        };
        changedOne.values.service.annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] =
            "internet-facing";
        return {
            ...mutation,
            replace: new Map([[release.urn, { ...release, properties: changedOne as never }]]),
        };
    },
    "D05 postrender": (stack) =>
        edit(find(stack, "Release", "istio-ingress/istio-ingressgateway"), { postrender: "./edit.sh" }),
    "D30 a chart of one's own": add(`
type: kubernetes:helm.sh/v3:Release
name: shop
properties: { name: shop, namespace: sparc, chart: generic-app, values: { hostNetwork: true } }
`),
    "G02 sampling leads elsewhere": (stack) =>
        edit(find(stack, "EnvoyFilter", "istio-ingress/public-sampling"), {
            "spec.configPatches": [
                { applyTo: "HTTP_ROUTE", patch: { operation: "MERGE", value: { route: { cluster: "x" } } } },
            ],
        }),
    "G04 a name that was a pattern": add(`
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: limit-all, namespace: istio-egress }
spec: { configPatches: [] }
`),
    "G10 no limits": (stack) =>
        edit(find(stack, "ConfigMap", "istio-ingress/ratelimit"), {
            data: { "edge.yaml": "domain: edge\n" },
        }),
    "an EnvoyFilter that no revision reads": (stack) => {
        const filter = find(stack, "EnvoyFilter", "istio-ingress/client-headers");
        return edit(filter, { "metadata.labels": { "istio.io/rev": "nobody" } });
    },
    "K01 a command": add(
        "{ type: 'command:local:Command', name: apply, properties: { create: kubectl apply } }",
    ),
    "K07 Kyverno": add("{ apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: { name: m }, spec: {} }"),
    "K08 MutatingAdmissionPolicy": add(
        "{ apiVersion: admissionregistration.k8s.io/v1, kind: MutatingAdmissionPolicy, metadata: { name: m }, spec: {} }",
    ),
    "K17 client-headers removed": (stack) => removedOf(stack, "EnvoyFilter", "istio-ingress/client-headers"),
    "K18 public-tenant-paths removed": (stack) =>
        removedOf(stack, "EnvoyFilter", "istio-ingress/public-tenant-paths"),
    "K19 request-headers removed": (stack) => removedOf(stack, "EnvoyFilter", "istio-egress/request-headers"),
    "K20 limits removed": (stack) =>
        removedOf(stack, "EnvoyFilter", "istio-ingress/public-limits", "istio-ingress/public-plan-limits"),
    "K21 no tenant for services": (stack) =>
        edit(find(stack, "RequestAuthentication", "istio-ingress/istio-ingressgateway"), {
            "spec.jwtRules.0.outputClaimToHeaders": undefined,
        }),
    "K22 a Telemetry removed": (stack) => removedOf(stack, "Telemetry", "istio-system/default"),
    "istiod removed": (stack) => removedOf(stack, "Release", "istio-system/istiod-1-31-1"),
    "a CloneSet": add(
        "{ apiVersion: apps.kruise.io/v1alpha1, kind: CloneSet, metadata: { name: c, namespace: sparc } }",
    ),
    "C22 a Deployment in an unknown namespace": add(
        "{ apiVersion: apps/v1, kind: Deployment, metadata: { name: c, namespace: nowhere }, spec: {} }",
    ),
    "a rollout of rights": add(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: bot, namespace: sparc }
rules: [{ apiGroups: [security.istio.io], resources: [authorizationpolicies], verbs: [create] }]
`),
};

const MESHED = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
`;

describe("openings that used to pass", function () {
    this.timeout(240_000);
    let prod: Stack;

    before(async () => {
        prod = await registrations({ stack: "prod" });
    });

    for (const [name, [policy, make]] of Object.entries(OPEN)) {
        it(`${name}: refused by ${policy} in the profile open`, () => {
            const { policies, messages } = outcomeOf(make(prod), prod, openConfig("prod"));
            assert.ok(
                policies.includes(policy),
                `refused by ${policies.join(", ") || "none"}: ${messages.join("\n")}`,
            );
        });
    }

    for (const [name, make] of Object.entries(CLOSED)) {
        it(`${name}: refused in the profile closed`, () => {
            const { policies } = outcomeOf(make(prod), prod, packConfig("prod"));
            assert.ok(
                policies.some((policy) => policy.startsWith("closed-")),
                `refused by ${policies.join(", ") || "none"}`,
            );
        });
    }

    it("K14: an unknown namespace does not turn a decided finding into advice", () => {
        const principals = ["*"];
        const metadata = {
            name: "u",
            get namespace(): string {
                throw new UnknownField("metadata.namespace", "urn");
            },
        };
        const props = { metadata, spec: { rules: [{ from: [{ source: { principals } }] }] } };
        const type = "kubernetes:security.istio.io/v1:AuthorizationPolicy";
        const rule = RULES.find(({ name }) => name === "access-allow-identity")!;
        const config = openConfig("prod")["access-allow-identity"] as object | undefined;
        const found = findings(rule, [{ urn: "urn", type, name: "u", props }], config);
        assert.ok(found.some(({ wrong, unknown }) => unknown === undefined && wrong.includes('"*"')));
    });

    it("K11: objects of a second cluster do not satisfy the first one's rules", () => {
        const provider = (name: string) => ({ urn: name, props: { kubeconfig: name } });
        const one = fromYaml(MESHED).map((resource) => ({ ...resource, provider: provider("one") }));
        const [namespace] = fromYaml(MESHED).map((resource) => ({
            ...resource,
            urn: `${resource.urn}-2`,
            provider: provider("two"),
        }));
        const rule = RULES.find(({ name }) => name === "access-deny-all") as unknown as StackRule;
        const said = (resources: readonly EngineResource[]): number =>
            [...judgeWorlds(rule, World.ofClusters(resources), {})].length;
        assert.equal(said(one), 0);
        assert.equal(said([...one, namespace!]), 1);
        // Of one cluster, by two providers that differ in a default alone.
        const same = { urn: "other", props: { kubeconfig: "one", namespace: "shop" } };
        assert.equal(said([...one, { ...namespace!, provider: same }]), 0);
    });

    it("L11: an object without a namespace is in its provider's", () => {
        const provider = { urn: "p", props: { namespace: "shop" } };
        const [subject] = fromYaml("{ apiVersion: v1, kind: Service, metadata: { name: web } }").map(
            (resource) => new Subject({ ...resource, provider }),
        );
        assert.equal(subject?.namespace, "shop");
    });

    it("an unknown MeshConfig key is refused where only known ones may be", () => {
        const config = { "identity-control-plane": { knownKeysOnly: true } };
        const { messages } = outcomeOf(
            istiod(prod, { "values.meshConfig.enableAutoMTLS": false }),
            prod,
            config,
        );
        assert.ok(messages.some((text) => text.includes("enableAutoMTLS is no key of a MeshConfig")));
    });
});
