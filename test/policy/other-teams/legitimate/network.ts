/** Minimal NetworkPolicies, Services and ingress. */
import { type Legitimate } from "./model";

export const NETWORK: readonly Legitimate[] = [
    {
        id: "L01",
        what: "a NetworkPolicy with a named port",
        edit: [["shop/NetworkPolicy/carts", "spec.ingress.0.ports.0.port", "http"]],
    },
    {
        id: "L02",
        what: "a NetworkPolicy with a small range of ports",
        add: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: rtp, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ protocol: UDP, port: 30000, endPort: 30100 }] }]
`,
    },
    {
        id: "L03",
        what: "the default deny and DNS in one NetworkPolicy",
        remove: ["shop/NetworkPolicy/deny-all", "shop/NetworkPolicy/dns"],
        add: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: default, namespace: shop }
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  egress:
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }
          podSelector: { matchLabels: { k8s-app: kube-dns } }
      ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
`,
    },
    {
        id: "L05",
        what: "an Ingress for an AWS load balancer whose backend is the mesh's gateway",
        add: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: alb
  namespace: edge
  annotations:
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS":443}]'
    alb.ingress.kubernetes.io/certificate-arn: arn:aws:acm:eu-central-1:123456789012:certificate/1
    alb.ingress.kubernetes.io/backend-protocol: HTTPS
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/wafv2-acl-arn: arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/1
spec:
  ingressClassName: alb
  rules:
    - host: api.shop.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: edge, port: { number: 443 } } } }] }
`,
    },
    {
        id: "L13",
        what: "a headless Service that governs a StatefulSet, in addition to the ordinary one",
        add: `
apiVersion: v1
kind: Service
metadata: { name: carts-headless, namespace: shop }
spec: { clusterIP: None, selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
    },
    {
        id: "L31",
        what: "a load balancer for a gateway whose release is named differently from its pods",
        add: `
type: kubernetes:helm.sh/v3:Release
name: partners
properties:
  name: istio-ingress
  namespace: edge
  chart: gateway
  version: 1.31.1
  repositoryOpts: { repo: https://istio-release.storage.googleapis.com/charts }
  values: { name: ingress-partners, labels: { istio: ingressgateway } }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: partners, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop/partners.shop.example.com]
      tls: { mode: SIMPLE, credentialName: partners, minProtocolVersion: TLSV1_2 }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: partners, namespace: edge }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwksUri: https://login.example.com/jwks }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: partners, namespace: edge }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  rules:
    - from: [{ source: { requestPrincipals: [https://login.example.com/*] } }]
      to: [{ operation: { hosts: [partners.shop.example.com], ports: ["443"], methods: [GET], paths: [/v1/*] } }]
---
apiVersion: v1
kind: Service
metadata: { name: extra-lb, namespace: edge }
spec: { type: LoadBalancer, selector: { app: ingress-partners }, ports: [{ name: https, port: 443, targetPort: 443 }] }
`,
    },
    {
        id: "L35",
        what: "a NetworkPolicy with egress to the API server's address",
        add: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: carts-to-api-server, namespace: shop }
spec:
  podSelector: { matchLabels: { app: carts } }
  policyTypes: [Egress]
  egress: [{ to: [{ ipBlock: { cidr: 10.20.0.10/32 } }], ports: [{ port: 443, protocol: TCP }] }]
`,
    },
    {
        id: "L39",
        what: "the gateway behind a self-managed load balancer, by NodePort",
        add: `
apiVersion: v1
kind: Service
metadata: { name: edge-nodeport, namespace: edge }
spec: { type: NodePort, selector: { istio: edge }, ports: [{ name: https, port: 443, targetPort: 443, nodePort: 30443 }] }
`,
    },
];
