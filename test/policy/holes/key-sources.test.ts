/** Sources of the mesh's keys, injected volumes, and permissions and node classes that give access to them. */
import { itAccepts, itRejects } from "./assertions";

describe("workloads-credentials", () => {
    itRejects("workloads-credentials", [
        {
            what: "a Bundle that replaces the roots of all namespaces",
            yaml: `
{ apiVersion: trust.cert-manager.io/v1alpha1, kind: Bundle, metadata: { name: istio-ca-root-cert }, spec: { sources: [{ inLine: x }], target: { configMap: { key: root-cert.pem } } } }
`,
        },
        {
            what: "another root for one namespace",
            yaml: `
{ apiVersion: v1, kind: ConfigMap, metadata: { name: istio-ca-root-cert, namespace: shop }, data: { root-cert.pem: x } }
`,
        },
        {
            what: "the CA from External Secrets",
            yaml: `
{ apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: { name: ca, namespace: istio-system }, spec: { target: { name: cacerts }, data: [] } }
`,
        },
        {
            what: "the CA from a SealedSecret",
            yaml: `
{ apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: { name: cacerts, namespace: istio-system }, spec: { encryptedData: { ca-key.pem: x } } }
`,
        },
        {
            what: "a token of another workload",
            yaml: `
{ apiVersion: authentication.k8s.io/v1, kind: TokenRequest, metadata: { name: payments, namespace: shop }, spec: { audiences: [istio-ca] } }
`,
        },
        {
            what: "one identity for all pods",
            yaml: `
{ apiVersion: spire.spiffe.io/v1alpha1, kind: ClusterSPIFFEID, metadata: { name: x }, spec: { spiffeIDTemplate: "spiffe://cluster.local/ns/shop/sa/payments", podSelector: {} } }
`,
        },
        {
            what: "a CSI driver with tokens for istiod",
            yaml: `
{ apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: { name: evil.example.net }, spec: { tokenRequests: [{ audience: istio-ca }], requiresRepublish: true } }
`,
        },
    ]);
    itAccepts("workloads-credentials", [
        {
            what: "other bundles, secrets, drivers and identities",
            yaml: `
{ apiVersion: trust.cert-manager.io/v1alpha1, kind: Bundle, metadata: { name: corporate }, spec: { target: { configMap: { key: ca.pem } } } }
---
{ apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: { name: database, namespace: shop }, spec: { target: { name: database } } }
---
{ apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: { name: database, namespace: shop }, spec: {} }
---
{ apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: { name: secrets-store.csi.k8s.io }, spec: { tokenRequests: [{ audience: sts.amazonaws.com }] } }
---
{ apiVersion: spire.spiffe.io/v1alpha1, kind: ClusterSPIFFEID, metadata: { name: mesh }, spec: { spiffeIDTemplate: "spiffe://{{ .TrustDomain }}/ns/{{ .PodMeta.Namespace }}/sa/{{ .PodSpec.ServiceAccountName }}" } }
`,
        },
    ]);
});

describe("injection-proxy-container", () => {
    itRejects("injection-proxy-container", [
        {
            what: "an application that mounts the proxy's token",
            yaml: `
{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: shop, labels: { app: p } }, spec: { serviceAccountName: p, securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: RuntimeDefault } }, containers: [{ name: p, image: "r.example.com/p:1", volumeMounts: [{ name: istio-token, mountPath: /t }], securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }, resources: { requests: { cpu: 10m, memory: 10Mi }, limits: { memory: 10Mi } } }] } }
---
{ apiVersion: v1, kind: ServiceAccount, metadata: { name: p, namespace: shop } }
`,
        },
        {
            what: "a volume in place of the trusted roots",
            yaml: `
{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: shop, labels: { app: p } }, spec: { serviceAccountName: p, volumes: [{ name: istiod-ca-cert, configMap: { name: mine } }], securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: RuntimeDefault } }, containers: [{ name: p, image: "r.example.com/p:1", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }, resources: { requests: { cpu: 10m, memory: 10Mi }, limits: { memory: 10Mi } } }] } }
---
{ apiVersion: v1, kind: ServiceAccount, metadata: { name: p, namespace: shop } }
`,
        },
        {
            what: "a container in the proxy's process namespace",
            yaml: `
{ apiVersion: apps.kruise.io/v1alpha1, kind: EphemeralJob, metadata: { name: s, namespace: shop }, spec: { selector: { matchLabels: { app: web } }, template: { ephemeralContainers: [{ name: x, image: "evil:1", targetContainerName: istio-proxy }] } } }
`,
        },
    ]);
    itAccepts("injection-proxy-container", [
        {
            what: "volumes of its own, and the injected names without injection",
            yaml: `
{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: shop }, spec: { containers: [{ name: p, volumeMounts: [{ name: data, mountPath: /d }] }], volumes: [{ name: data, emptyDir: {} }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: q, namespace: shop, labels: { sidecar.istio.io/inject: "false" } }, spec: { containers: [{ name: discovery, volumeMounts: [{ name: istio-token, mountPath: /t }] }], volumes: [{ name: istio-token, emptyDir: {} }] } }
`,
        },
    ]);
});

describe("workloads-rbac", () => {
    itRejects("workloads-rbac", [
        {
            what: "constrained impersonation",
            yaml: `
{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: { name: r }, rules: [{ apiGroups: [authentication.k8s.io], resources: [serviceaccounts], verbs: ["impersonate:serviceaccount"] }] }
`,
        },
        {
            what: "writing cloud objects",
            yaml: `
{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: r, namespace: shop }, rules: [{ apiGroups: [iam.services.k8s.aws], resources: [roles], verbs: [create] }] }
`,
        },
        {
            what: "writing objects of Flux",
            yaml: `
{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: r, namespace: shop }, rules: [{ apiGroups: [helm.toolkit.fluxcd.io, kustomize.toolkit.fluxcd.io], resources: [helmreleases, kustomizations], verbs: [create] }] }
`,
        },
    ]);
    itAccepts("workloads-rbac", [
        {
            what: "reading cloud and Flux objects",
            yaml: `
{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: { name: r }, rules: [{ apiGroups: [iam.services.k8s.aws, kustomize.toolkit.fluxcd.io, s3.services.k8s.aws], resources: ["*"], verbs: [get, list, watch] }] }
`,
        },
        {
            what: "writing buckets of ACK",
            yaml: `
{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: r, namespace: shop }, rules: [{ apiGroups: [s3.services.k8s.aws], resources: [buckets], verbs: [create] }] }
`,
        },
    ]);
});

describe("injection-admission", () => {
    itRejects("injection-admission", [
        {
            what: "a policy of Kyverno that changes pods by expression",
            yaml: `
{ apiVersion: policies.kyverno.io/v1, kind: MutatingPolicy, metadata: { name: a }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }] } } }
`,
        },
    ]);
    itAccepts("injection-admission", [
        {
            what: "a policy of Kyverno that changes other objects by expression",
            yaml: `
{ apiVersion: policies.kyverno.io/v1, kind: MutatingPolicy, metadata: { name: a }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps] }] } } }
`,
        },
    ]);
});

describe("gateways-no-other-controllers", () => {
    itRejects("gateways-no-other-controllers", [
        {
            what: "defaults for all Gateways of a class",
            yaml: `
{ apiVersion: v1, kind: ConfigMap, metadata: { name: d, namespace: istio-system, labels: { gateway.istio.io/defaults-for-class: istio } }, data: { deployment: "spec: { template: { spec: { hostNetwork: true } } }" } }
`,
        },
        {
            what: "a Gateway with a Deployment of its own",
            yaml: `
{ apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: { name: k, namespace: shop }, spec: { gatewayClassName: istio, infrastructure: { parametersRef: { group: "", kind: ConfigMap, name: params } }, listeners: [{ name: https, port: 443, protocol: HTTPS, hostname: a.example.com, tls: { certificateRefs: [{ name: c }] }, allowedRoutes: { namespaces: { from: Same } } }] } }
`,
        },
    ]);
    itAccepts("gateways-no-other-controllers", [
        {
            what: "defaults of a class that change no pod, and other ConfigMaps",
            yaml: `
{ apiVersion: v1, kind: ConfigMap, metadata: { name: d, namespace: istio-system, labels: { gateway.istio.io/defaults-for-class: istio } }, data: { horizontalPodAutoscaler: "spec: { minReplicas: 2 }", podDisruptionBudget: "spec: { minAvailable: 1 }" } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: d, namespace: shop }, data: { deployment: x } }
---
{ apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: { name: k, namespace: shop }, spec: { gatewayClassName: istio, infrastructure: { annotations: { a: b } }, listeners: [] } }
`,
        },
    ]);
});

describe("cluster-imds", () => {
    itRejects("cluster-imds", [
        {
            what: "Karpenter's nodes with IMDSv1 and public addresses",
            yaml: `
{ apiVersion: karpenter.k8s.aws/v1, kind: EC2NodeClass, metadata: { name: n }, spec: { role: admin, userData: "#!/bin/sh", associatePublicIPAddress: true, metadataOptions: { httpTokens: optional, httpPutResponseHopLimit: 2 } } }
`,
        },
    ]);
    itAccepts("cluster-imds", [
        {
            what: "Karpenter's defaults",
            yaml: `
{ apiVersion: karpenter.k8s.aws/v1, kind: EC2NodeClass, metadata: { name: n }, spec: { role: nodes } }
`,
        },
    ]);
});

describe("cluster-private-nodes", () => {
    itRejects("cluster-private-nodes", [
        {
            what: "Karpenter's nodes with IMDSv1 and public addresses",
            yaml: `
{ apiVersion: karpenter.k8s.aws/v1, kind: EC2NodeClass, metadata: { name: n }, spec: { role: admin, userData: "#!/bin/sh", associatePublicIPAddress: true, metadataOptions: { httpTokens: optional, httpPutResponseHopLimit: 2 } } }
`,
        },
    ]);
    itAccepts("cluster-private-nodes", [
        {
            what: "Karpenter's nodes without public addresses",
            yaml: `
{ apiVersion: karpenter.k8s.aws/v1, kind: EC2NodeClass, metadata: { name: n }, spec: { role: nodes, associatePublicIPAddress: false } }
`,
        },
    ]);
});

describe("delivery-route-destinations", () => {
    itRejects("delivery-route-destinations", [
        {
            what: "a route that sends requests to another service for authorization",
            yaml: `
{ apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: { name: h, namespace: shop }, spec: { parentRefs: [{ group: "", kind: Service, name: web }], rules: [{ filters: [{ type: ExternalAuth, externalAuth: { protocol: HTTP, backendRef: { name: spy, port: 80 } } }], backendRefs: [{ name: web, port: 8080 }] }] } }
`,
        },
    ]);
});
