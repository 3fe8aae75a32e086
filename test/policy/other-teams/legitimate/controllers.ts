/** Objects of cert-manager, cloud controllers and other operators, alongside the mesh. */
import { type Legitimate } from "./model";

export const CONTROLLERS: readonly Legitimate[] = [
    {
        id: "L41",
        what: "certificates of a public authority",
        add: `
{ apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: { name: letsencrypt }, spec: { acme: { server: "https://acme-v02.api.letsencrypt.org/directory", privateKeySecretRef: { name: letsencrypt }, solvers: [] } } }
---
{ apiVersion: cert-manager.io/v1, kind: Certificate, metadata: { name: web, namespace: edge }, spec: { secretName: web-tls, dnsNames: [shop.example.com], issuerRef: { name: letsencrypt, kind: ClusterIssuer } } }
`,
    },
    {
        id: "L42",
        what: "a certificate that istiod does not use as its CA",
        add: `
{ apiVersion: cert-manager.io/v1, kind: Certificate, metadata: { name: jwks-root, namespace: istio-system }, spec: { secretName: jwks-root, dnsNames: [x.example.com], issuerRef: { name: corporate, kind: ClusterIssuer } } }
---
{ apiVersion: cert-manager.io/v1, kind: Certificate, metadata: { name: web, namespace: shop }, spec: { secretName: web-tls, dnsNames: [web.example.com], issuerRef: { name: corporate, kind: ClusterIssuer } } }
`,
    },
    {
        id: "L43",
        what: "a password from External Secrets",
        add: `
{ apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: { name: database, namespace: shop }, spec: { secretStoreRef: { name: aws }, target: { name: database }, data: [] } }
`,
    },
    {
        id: "L44",
        what: "a bucket and a queue by AWS Controllers for Kubernetes",
        add: `
{ apiVersion: s3.services.k8s.aws/v1alpha1, kind: Bucket, metadata: { name: b, namespace: shop }, spec: { name: b } }
---
{ apiVersion: sqs.services.k8s.aws/v1alpha1, kind: Queue, metadata: { name: q, namespace: shop }, spec: { queueName: q } }
`,
    },
    {
        id: "L45",
        what: "Karpenter's nodes",
        add: `
{ apiVersion: karpenter.k8s.aws/v1, kind: EC2NodeClass, metadata: { name: n }, spec: { role: nodes, amiSelectorTerms: [{ alias: "al2023@v20260101" }], subnetSelectorTerms: [], securityGroupSelectorTerms: [] } }
---
{ apiVersion: karpenter.sh/v1, kind: NodePool, metadata: { name: n }, spec: { template: { spec: { requirements: [] } } } }
`,
    },
    {
        id: "L46",
        what: "a policy of Kyverno that validates pods",
        add: `
{ apiVersion: policies.kyverno.io/v1, kind: ValidatingPolicy, metadata: { name: v }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }] }, validations: [{ expression: "true" }] } }
`,
    },
    {
        id: "L47",
        what: "an application by Flux' HelmRelease",
        add: `
{ apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: { name: carts, namespace: shop }, spec: { chart: { spec: { chart: carts, version: "1.2.3", sourceRef: { kind: HelmRepository, name: r } } }, values: { replicas: 2 } } }
`,
    },
    {
        id: "L48",
        what: "an operator's role for its own API group",
        add: `
{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: op, namespace: shop }, rules: [{ apiGroups: [shop.example.com], resources: ["*"], verbs: ["*"] }, { apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update] }, { apiGroups: [""], resources: [events], verbs: [create, patch] }] }
`,
    },
    {
        id: "L49",
        what: "a pod with a mounted secret and a token for AWS",
        add: `
{ apiVersion: v1, kind: ServiceAccount, metadata: { name: p, namespace: shop } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: p, namespace: shop }, spec: { selector: { matchLabels: { app: p } }, template: { metadata: { labels: { app: p } }, spec: { serviceAccountName: p, securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: RuntimeDefault } }, volumes: [{ name: s, csi: { driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: { secretProviderClass: db } } }, { name: t, projected: { sources: [{ serviceAccountToken: { audience: sts.amazonaws.com, path: token } }] } }], containers: [{ name: p, image: "r.example.com/p@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", volumeMounts: [{ name: s, mountPath: /s }, { name: t, mountPath: /t }], securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }, resources: { requests: { cpu: 10m, memory: 10Mi }, limits: { memory: 10Mi } } }] } } } }
`,
    },
    {
        id: "L50",
        what: "a bundle of corporate roots",
        add: `
{ apiVersion: trust.cert-manager.io/v1alpha1, kind: Bundle, metadata: { name: corporate-roots }, spec: { sources: [{ useDefaultCAs: true }], target: { configMap: { key: roots.pem }, namespaceSelector: { matchLabels: { team: shop } } } } }
`,
    },
    {
        id: "L51",
        what: "a bucket and a function of AWS Native",
        add: `
{ type: "aws-native:s3:Bucket", name: b, properties: {} }
---
{ type: "aws-native:lambda:Function", name: f, properties: {} }
`,
    },
    {
        id: "L52",
        what: "an issuer of databases, and defaults of gateways that change no pod",
        add: `
{ apiVersion: cert-manager.io/v1, kind: Issuer, metadata: { name: db, namespace: shop }, spec: { ca: { secretName: db-ca } } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: gateway-defaults, namespace: istio-system, labels: { gateway.istio.io/defaults-for-class: istio } }, data: { horizontalPodAutoscaler: "spec: { minReplicas: 2 }" } }
`,
    },
];
