/** Pods, service accounts, RBAC, namespaces and the control plane. */
import { type Legitimate, terms } from "./model";

const container = (name: string, more = ""): string =>
    `{ name: ${name}, image: "registry.example.com/${name}:1.0.0", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }${more} }`;

const RESOURCES = ", resources: { requests: { cpu: 10m, memory: 10Mi }, limits: { memory: 10Mi } }";

const SECURITY = "securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }";

export const WORKLOADS: readonly Legitimate[] = [
    {
        id: "L00",
        what: "a third service like the others",
        add: `
apiVersion: v1
kind: ServiceAccount
metadata: { name: ads, namespace: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ads, namespace: shop }
spec:
  selector: { matchLabels: { app: ads } }
  template:
    metadata: { labels: { app: ads } }
    spec: { serviceAccountName: ads, ${SECURITY}, containers: [${container("ads", RESOURCES)}] }
---
apiVersion: v1
kind: Service
metadata: { name: ads, namespace: shop }
spec: { selector: { app: ads }, ports: [{ name: grpc, port: 9090 }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ads, namespace: shop }
spec:
  host: ads
  exportTo: ["."]
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 10 } }, outlierDetection: { consecutive5xxErrors: 5, maxEjectionPercent: 50 } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ads, namespace: shop }
spec: { hosts: [ads], exportTo: ["."], http: [{ timeout: 1s, route: [{ destination: { host: ads } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ads-from-web, namespace: shop }
spec:
  selector: { matchLabels: { app: ads } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["9090"], methods: [POST], paths: [/shop.Ads/Get] } }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ads, namespace: shop }
spec:
  podSelector: { matchLabels: { app: ads } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 9090, protocol: TCP }] }]
`,
    },
    {
        id: "L12",
        what: "requests and limits at the pod, of Kubernetes 1.34",
        add: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: podres, namespace: shop }
spec:
  selector: { matchLabels: { app: podres } }
  template:
    metadata: { labels: { app: podres } }
    spec:
      serviceAccountName: podres
      ${SECURITY}
      resources: { requests: { cpu: 10m, memory: 10Mi }, limits: { memory: 10Mi } }
      containers: [${container("podres")}, ${container("helper")}]
`,
    },
    {
        id: "L19",
        what: "a service's nightly job, with the service's account",
        add: `
apiVersion: batch/v1
kind: CronJob
metadata: { name: carts-nightly, namespace: shop }
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        metadata: { labels: { app: carts-nightly } }
        spec: { restartPolicy: Never, serviceAccountName: carts, ${SECURITY}, containers: [${container("carts", RESOURCES)}] }
`,
        config: {
            "injection-dedicated-service-account": {
                shared: [
                    {
                        namespace: "shop",
                        account: "carts",
                        workloads: ["carts", "carts-nightly"],
                        ...terms("the nightly job is the same application"),
                    },
                ],
            },
        },
    },
    {
        id: "L21",
        what: "the mesh's minimum TLS version by Istio's default, TLS 1.2",
        edit: [["istio-system/Release/istiod", "values.meshConfig.meshMTLS", undefined]],
        config: { "identity-mesh-tls": { acceptDefault: true } },
    },
    {
        id: "L22",
        what: "a namespace of another team's operator outside the mesh",
        add: `
apiVersion: v1
kind: Namespace
metadata: { name: external-secrets }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: external-secrets }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
`,
        config: {
            "injection-namespaces": {
                exceptions: [{ namespace: "external-secrets", ...terms("an operator outside the mesh") }],
            },
            "workloads-pod-security": {
                exceptions: [{ namespace: "external-secrets", ...terms("its chart is used unmodified") }],
            },
        },
    },
    {
        id: "L23",
        what: "a log shipper that reads the node's logs",
        add: `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: fluent-bit, namespace: shop }
spec:
  selector: { matchLabels: { app: fluent-bit } }
  template:
    metadata: { labels: { app: fluent-bit } }
    spec:
      serviceAccountName: fluent-bit
      ${SECURITY}
      containers: [${container("fluent-bit", `${RESOURCES}, volumeMounts: [{ name: logs, mountPath: /var/log, readOnly: true }]`)}]
      volumes: [{ name: logs, hostPath: { path: /var/log } }]
`,
        config: {
            "workloads-non-root": {
                hostPaths: [
                    {
                        namespace: "shop",
                        name: "fluent-bit",
                        path: "/var/log",
                        ...terms("it ships the node's logs"),
                    },
                ],
            },
        },
    },
    {
        id: "L28",
        what: "an Argo Rollout that references a Deployment",
        add: `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: carts, namespace: shop }
spec:
  workloadRef: { apiVersion: apps/v1, kind: Deployment, name: carts }
  selector: { matchLabels: { app: carts } }
  strategy: { canary: { steps: [{ setWeight: 10 }, { pause: { duration: 10m } }] } }
`,
    },
    {
        id: "L33",
        what: "a ClusterRole with every verb on the team's API group",
        add: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: shop-operator }
rules: [{ apiGroups: [shop.example.com], resources: ["*"], verbs: ["*"] }]
`,
    },
    {
        id: "L34",
        what: "a ClusterRole that can bind one named role",
        add: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: shop-binder }
rules:
  - { apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [shop-reader], verbs: [bind] }
  - { apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create, get] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: shop-reader }
rules: [{ apiGroups: [shop.example.com], resources: [orders], verbs: [get, list] }]
`,
    },
    {
        id: "L38",
        what: "a namespace for tests, named by the API server, with a ResourceQuota",
        add: `
type: kubernetes:core/v1:Namespace
name: e2e
properties:
  apiVersion: v1
  kind: Namespace
  metadata: { generateName: e2e-, labels: { istio-injection: enabled, pod-security.kubernetes.io/enforce: restricted } }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: quota, namespace: e2e- }
spec: { hard: { pods: "10" } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: e2e- }
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: e2e- }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
`,
    },
];
