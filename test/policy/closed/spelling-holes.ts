/** Openings by other spellings and kinds, rejected with both profiles. */
import { podWith } from "./edits";
import { add, BYPASS, CONTROL, mesh, values, type Make } from "./makers";

/** Spellings, annotations and kinds. */
export const SPELLING_HOLES: Readonly<Record<string, readonly [policy: string, make: Make]>> = {
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
    "B43 a CRD that is not served": [
        "injection-admission",
        add(
            "{ apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: { name: x }, spec: { group: security.istio.io, versions: [] } }",
        ),
    ],
    "B46 a tunnel": [
        "identity-client-tls",
        add(
            "{ apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: { name: t, namespace: sparc }, spec: { host: auth, exportTo: [.], trafficPolicy: { tunnel: { targetHost: drop.example.net } } } }",
        ),
    ],
    "K07 Kyverno opts pods out": [
        "injection-admission",
        add(
            "{ apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: { name: m }, spec: { rules: [{ mutate: { patchesJson6902: '/metadata/labels/sidecar.istio.io~1inject' } }] } }",
        ),
    ],
    "Kyverno writes an ALLOW": [
        "injection-admission",
        add(
            "{ apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: { name: g }, spec: { rules: [{ name: a, generate: { apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, name: open, data: { spec: { rules: [{}] } } } }] } }",
        ),
    ],
    "Kyverno removes policies on a schedule": [
        "injection-admission",
        add(
            "{ apiVersion: kyverno.io/v2, kind: ClusterCleanupPolicy, metadata: { name: c }, spec: { schedule: '* * * * *', match: { any: [{ resources: { kinds: [AuthorizationPolicy] } }] } } }",
        ),
    ],
    "Kyverno removes policies by an expression": [
        "injection-admission",
        add(
            "{ apiVersion: policies.kyverno.io/v1, kind: DeletingPolicy, metadata: { name: c }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [security.istio.io], resources: ['*'] }] } } }",
        ),
    ],
    "an operator that writes Secrets": [
        "workloads-rbac",
        add(
            "{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: { name: bot }, rules: [{ apiGroups: [external-secrets.io], resources: [pushsecrets], verbs: [create] }] }",
        ),
    ],
    "nodes' networks changed": [
        "workloads-rbac",
        add(
            "{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: { name: bot }, rules: [{ apiGroups: [crd.k8s.amazonaws.com], resources: [eniconfigs], verbs: [update] }] }",
        ),
    ],
    "K08 MutatingAdmissionPolicy": [
        "injection-admission",
        add(
            "{ apiVersion: admissionregistration.k8s.io/v1, kind: MutatingAdmissionPolicy, metadata: { name: m }, spec: { mutations: [{ jsonPatch: { expression: 'istio-proxy' } }] } }",
        ),
    ],
    "K08 MutatingAdmissionPolicy whose expression names nothing of Istio": [
        "injection-admission",
        add(
            "{ apiVersion: admissionregistration.k8s.io/v1, kind: MutatingAdmissionPolicy, metadata: { name: m }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [''], resources: [pods] }] }, mutations: [{ applyConfiguration: { expression: 'Object{}' } }] } }",
        ),
    ],
};
