/** Routes, external hosts and gateways, as Istio documents them. */
import { type Legitimate, terms } from "./model";

const EXTERNAL = (name: string, host: string, ports: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec: { hosts: [${host}], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [${ports}] }
`;

export const ROUTES: readonly Legitimate[] = [
    {
        id: "L04",
        what: "two VirtualServices for one host of a gateway, split by path",
        add: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api-carts, namespace: shop }
spec:
  hosts: [api.shop.example.com]
  gateways: [edge/public]
  exportTo: [edge]
  http: [{ match: [{ uri: { prefix: /v1/carts/ } }], timeout: 5s, route: [{ destination: { host: carts, port: { number: 8080 } } }] }]
`,
    },
    {
        id: "L09",
        what: "no exportTo, where the mesh's default is the object's namespace",
        edit: [
            ["istio-system/Release/istiod", "values.meshConfig.defaultVirtualServiceExportTo", ["."]],
            ["istio-system/Release/istiod", "values.meshConfig.defaultDestinationRuleExportTo", ["."]],
            ["istio-system/Release/istiod", "values.meshConfig.defaultServiceExportTo", ["."]],
            ["shop/DestinationRule/carts", "spec.exportTo", undefined],
            ["shop/VirtualService/carts", "spec.exportTo", undefined],
        ],
    },
    {
        id: "L15",
        what: "TLS origination as Istio documents it: port 80 redirected to 443, TLS by a DestinationRule there",
        add: `${EXTERNAL("cnn", "edition.cnn.com", "{ number: 80, name: http, protocol: HTTP }, { number: 443, name: https, protocol: HTTPS }")}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cnn, namespace: shop }
spec:
  hosts: [edition.cnn.com]
  exportTo: ["."]
  http: [{ match: [{ port: 80 }], timeout: 5s, route: [{ destination: { host: edition.cnn.com, port: { number: 443 } } }] }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cnn, namespace: shop }
spec: { host: edition.cnn.com, exportTo: ["."], trafficPolicy: { portLevelSettings: [{ port: { number: 443 }, tls: { mode: SIMPLE, sni: edition.cnn.com, subjectAltNames: [edition.cnn.com] } }] } }
`,
    },
    {
        id: "L16",
        what: "TLS origination by a wildcard DestinationRule",
        add: `${EXTERNAL("cnn", "edition.cnn.com", "{ number: 80, name: http, protocol: HTTP, targetPort: 443 }")}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cnn, namespace: shop }
spec: { host: "*.cnn.com", exportTo: ["."], trafficPolicy: { tls: { mode: SIMPLE, subjectAltNames: [edition.cnn.com] } } }
`,
    },
    {
        id: "L17",
        what: "TLS without subjectAltNames to an external host, whose name Istio verifies automatically",
        add: `${EXTERNAL("stripe", "api.stripe.com", "{ number: 80, name: http, protocol: HTTP, targetPort: 443 }")}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: stripe, namespace: shop }
spec: { host: api.stripe.com, exportTo: ["."], trafficPolicy: { tls: { mode: SIMPLE } } }
`,
    },
    {
        id: "L18",
        what: "a wildcard for the subdomains of the team's tenants",
        edit: [
            [
                "edge/Gateway/public",
                "spec.servers.1",
                {
                    port: { number: 443, name: "https-tenants", protocol: "HTTPS" },
                    hosts: ["shop/*.tenants.shop.example.com"],
                    tls: { mode: "SIMPLE", credentialName: "tenants", minProtocolVersion: "TLSV1_2" },
                },
            ],
            [
                "edge/AuthorizationPolicy/api",
                "spec.rules.0.to.0.operation.hosts",
                ["api.shop.example.com", "*.tenants.shop.example.com"],
            ],
        ],
        config: {
            "gateways-hosts": {
                wildcards: [{ host: "*.tenants.shop.example.com", ...terms("the domain of our tenants") }],
            },
            "access-gateway-hosts": {
                wildcards: [{ host: "*.tenants.shop.example.com", ...terms("the domain of our tenants") }],
            },
        },
    },
    {
        id: "L20",
        what: "a listener of the Gateway API on port 80 that only redirects, and answers HTTP-01 challenges",
        add: `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: kg, namespace: edge }
spec:
  gatewayClassName: istio
  listeners:
    - { name: http, port: 80, protocol: HTTP, hostname: api.shop.example.com }
    - { name: https, port: 443, protocol: HTTPS, hostname: api.shop.example.com, tls: { mode: Terminate, certificateRefs: [{ name: edge }] } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: redirect, namespace: edge }
spec:
  parentRefs: [{ name: kg, sectionName: http }]
  hostnames: [api.shop.example.com]
  rules: [{ filters: [{ type: RequestRedirect, requestRedirect: { scheme: https, statusCode: 301 } }] }]
`,
    },
    {
        id: "L27",
        what: "a Sidecar with the namespace's hosts and istio-system, as in Istio's documentation",
        edit: [["shop/Sidecar/default", "spec.egress.0.hosts", ["./*", "istio-system/*"]]],
        config: { "egress-sidecar-scope": { wideHosts: ["./*", "istio-system/*"] } },
    },
    {
        id: "L29",
        what: "routes of WebSockets and streams without a timeout",
        add: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ws, namespace: shop }
spec:
  hosts: [ws.shop.example.com]
  gateways: [edge/public]
  exportTo: [edge]
  http: [{ name: stream, timeout: 0s, route: [{ destination: { host: web, port: { number: 8080 } } }] }]
`,
        config: {
            "resilience-timeout": {
                streams: [
                    { namespace: "shop", name: "ws", route: "stream", ...terms("WebSockets stay open") },
                ],
            },
        },
    },
    {
        id: "L30",
        what: "a gateway as a Deployment with injection",
        add: `
apiVersion: v1
kind: ServiceAccount
metadata: { name: internal, namespace: edge }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: internal, namespace: edge }
spec:
  selector: { matchLabels: { istio: internal } }
  template:
    metadata: { labels: { istio: internal, sidecar.istio.io/inject: "true" }, annotations: { inject.istio.io/templates: gateway } }
    spec: { serviceAccountName: internal, containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: internal, namespace: edge }
spec: { type: LoadBalancer, selector: { istio: internal }, ports: [{ name: https, port: 443, targetPort: 443 }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: internal, namespace: edge }
spec:
  selector: { istio: internal }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop/internal.shop.example.com]
      tls: { mode: SIMPLE, credentialName: internal, minProtocolVersion: TLSV1_2 }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: internal, namespace: edge }
spec:
  selector: { matchLabels: { istio: internal } }
  jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwksUri: https://login.example.com/jwks }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: internal, namespace: edge }
spec:
  selector: { matchLabels: { istio: internal } }
  rules:
    - from: [{ source: { requestPrincipals: [https://login.example.com/*] } }]
      to: [{ operation: { hosts: [internal.shop.example.com], ports: ["443"], methods: [GET], paths: [/v1/*] } }]
`,
    },
    {
        id: "L32",
        what: "a database on premises: TCP in a private network, whose client speaks TLS by STARTTLS",
        add: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: pg, namespace: shop }
spec: { hosts: [pg.corp.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: STATIC, endpoints: [{ address: 10.40.0.15 }], ports: [{ number: 5432, name: tcp, protocol: TCP }] }
`,
        config: {
            "egress-external-tls": {
                exceptions: [
                    {
                        namespace: "shop",
                        name: "pg",
                        port: 5432,
                        ...terms("the client speaks TLS by STARTTLS"),
                    },
                ],
            },
        },
    },
    {
        id: "L37",
        what: "a custom EnvoyFilter that compresses",
        add: `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: gzip, namespace: edge }
spec:
  workloadSelector: { labels: { istio: edge } }
  configPatches:
    - applyTo: HTTP_FILTER
      match: { context: GATEWAY }
      patch: { operation: INSERT_BEFORE, value: { name: envoy.filters.http.compressor } }
`,
        config: {
            "extensions-envoy-filters": {
                allowed: [
                    {
                        namespace: "edge",
                        name: "gzip",
                        reason: "compresses the storefront's responses",
                        sha256: "0f83c9269ee25bc2b08648c965652e7f99e8dd347dfd0853b4afed80ef4d4f9e",
                    },
                ],
            },
        },
    },
];
