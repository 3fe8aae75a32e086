/** Access by other means than a JWT with an audience. */
import { type Legitimate, terms } from "./model";

const STAFF = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: staff, namespace: edge }
spec:
  selector: { istio: edge }
  servers:
    - port: { number: 443, name: https-staff, protocol: HTTPS }
      hosts: [shop/staff.shop.example.com]
      tls: { mode: SIMPLE, credentialName: staff, minProtocolVersion: TLSV1_2 }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: staff, namespace: edge }
spec:
  selector: { matchLabels: { istio: edge } }
  rules: [{ to: [{ operation: { hosts: [staff.shop.example.com], ports: ["443"], methods: [GET, POST], paths: [/app/*] } }] }]
`;

const ALLOW = (name: string, rule: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: edge }
spec: { selector: { matchLabels: { istio: edge } }, rules: [${rule}] }
`;

export const ACCESS: readonly Legitimate[] = [
    {
        id: "L06",
        what: "a host that an external authorizer guards: sessions instead of tokens",
        edit: [
            [
                "istio-system/Release/istiod",
                "values.meshConfig.extensionProviders",
                [
                    {
                        name: "oauth2-proxy",
                        envoyExtAuthzHttp: {
                            service: "oauth2-proxy.edge.svc.cluster.local",
                            port: 4180,
                            includeRequestHeadersInCheck: ["cookie"],
                        },
                    },
                ],
            ],
        ],
        add: `${STAFF}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: staff-session, namespace: edge }
spec:
  selector: { matchLabels: { istio: edge } }
  action: CUSTOM
  provider: { name: oauth2-proxy }
  rules: [{ to: [{ operation: { hosts: [staff.shop.example.com] } }] }]
`,
    },
    {
        id: "L07",
        what: "partners by client certificate instead of tokens",
        add: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: partners, namespace: edge }
spec:
  selector: { istio: edge }
  servers:
    - port: { number: 443, name: https-partners, protocol: HTTPS }
      hosts: [shop/partners.shop.example.com]
      tls: { mode: MUTUAL, credentialName: partners, minProtocolVersion: TLSV1_2 }
---
${ALLOW("partners", '{ to: [{ operation: { hosts: [partners.shop.example.com], ports: ["443"], methods: [GET], paths: [/v1/*] } }] }')}
`,
    },
    {
        id: "L08",
        what: "access tokens of an AWS Cognito user pool, which have no aud claim",
        edit: [
            [
                "edge/RequestAuthentication/tokens",
                "spec.jwtRules.0",
                {
                    issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi",
                    jwksUri:
                        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi/.well-known/jwks.json",
                },
            ],
            [
                "edge/AuthorizationPolicy/api",
                "spec.rules.0.from.0.source.requestPrincipals",
                ["https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi/*"],
            ],
        ],
    },
    {
        id: "L14",
        what: "a DENY of TRACE without ports, where all ports of the service speak HTTP",
        add: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-trace, namespace: shop }
spec: { selector: { matchLabels: { app: carts } }, action: DENY, rules: [{ to: [{ operation: { methods: [TRACE] } }] }] }
`,
    },
    {
        id: "L24",
        what: "Prometheus scrapes every workload's merged metrics",
        add: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: metrics, namespace: shop }
spec:
  rules:
    - from: [{ source: { principals: [cluster.local/ns/monitoring/sa/prometheus] } }]
      to: [{ operation: { ports: ["15020"], methods: [GET], paths: [/stats/prometheus] } }]
`,
    },
    {
        id: "L25",
        what: "an ALLOW for a gRPC service by its package",
        add: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: carts-grpc-from-web, namespace: shop }
spec:
  selector: { matchLabels: { app: carts } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [POST], paths: [/shop.v1.Carts/*] } }]
`,
    },
    {
        id: "L26",
        what: "a public website: every path, without a token",
        add: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: www, namespace: edge }
spec:
  selector: { istio: edge }
  servers:
    - port: { number: 443, name: https-www, protocol: HTTPS }
      hosts: [shop/www.shop.example.com]
      tls: { mode: SIMPLE, credentialName: www, minProtocolVersion: TLSV1_2 }
---
${ALLOW("www", '{ to: [{ operation: { hosts: [www.shop.example.com], ports: ["443"], methods: [GET, HEAD], paths: [/*] } }] }')}
`,
        config: {
            "access-allow-scope": {
                exceptions: [{ namespace: "edge", name: "www", ...terms("the storefront is public") }],
            },
            "access-exposed-hosts": {
                public: [{ host: "www.shop.example.com", ...terms("the storefront is public") }],
            },
        },
    },
    {
        id: "L36",
        what: "a PeerAuthentication that is STRICT and leaves a port UNSET",
        add: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: carts, namespace: shop }
spec: { selector: { matchLabels: { app: carts } }, mtls: { mode: STRICT }, portLevelMtls: { "8080": { mode: UNSET } } }
`,
    },
    {
        id: "L40",
        what: "the load balancer's health check of a host, without a token",
        add: ALLOW(
            "health",
            '{ to: [{ operation: { hosts: [api.shop.example.com], ports: ["443"], methods: [GET], paths: [/healthz] } }] }',
        ),
        config: {
            "access-exposed-hosts": {
                publicPaths: [
                    {
                        host: "api.shop.example.com",
                        methods: ["GET"],
                        paths: ["/healthz"],
                        ...terms("the load balancer's health check has no token"),
                    },
                ],
            },
        },
    },
];
