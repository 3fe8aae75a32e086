/** Leaks of credentials: copied Secrets, tokens in URLs and cookies, span tags (D31, G09, A22). */
import { itAccepts, itRejects } from "./assertions";

const certificate = (annotation: string): string =>
    `{ apiVersion: cert-manager.io/v1, kind: Certificate, metadata: { name: c, namespace: edge }, spec: { secretName: c, dnsNames: [a.example.com], issuerRef: { name: ca }, secretTemplate: { annotations: { ${annotation} } } } }`;
const secret = (annotation: string): string =>
    `{ apiVersion: v1, kind: Secret, metadata: { name: c, namespace: edge, annotations: { ${annotation} } }, type: kubernetes.io/tls }`;
const COPIES = [
    'reflector.v1.k8s.emberstack.com/reflection-allowed: "true"',
    'reflector.v1.k8s.emberstack.com/reflection-auto-enabled: "true"',
    'replicator.v1.mittwald.de/replicate-to: ".*"',
    "replicator.v1.mittwald.de/replicate-to-matching: team",
    'replicator.v1.mittwald.de/replication-allowed: "true"',
    'kubed.appscode.com/sync: ""',
];
const tokens = (place: string): string =>
    `{ apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: { name: t, namespace: edge }, spec: { jwtRules: [{ issuer: "https://a.example.com", audiences: [a], jwks: "{}", ${place} }] } }`;
const tags = (source: string): string =>
    `{ apiVersion: telemetry.istio.io/v1, kind: Telemetry, metadata: { name: t, namespace: shop }, spec: { tracing: [{ customTags: { a: ${source} } }] } }`;

describe("leaks of credentials", () => {
    itRejects("workloads-credentials", [
        ...COPIES.map((copy) => ({ what: `a certificate with ${copy}`, yaml: certificate(copy) })),
        ...COPIES.map((copy) => ({ what: `a Secret with ${copy}`, yaml: secret(copy) })),
    ]);
    itAccepts("workloads-credentials", [
        { what: "another annotation of a certificate", yaml: certificate("example.com/owner: edge") },
        {
            what: "a copy that is switched off",
            yaml: secret('reflector.v1.k8s.emberstack.com/reflection-allowed: "false"'),
        },
    ]);
    itRejects("access-tokens", [
        { what: "tokens in URLs", yaml: tokens("fromParams: [t]"), names: /fromParams/ },
        { what: "tokens in cookies", yaml: tokens("fromCookies: [t]"), names: /fromCookies/ },
        {
            what: "one location where the other is listed",
            yaml: tokens("fromCookies: [t]"),
            config: { places: ["fromParams"] },
        },
    ]);
    itAccepts("access-tokens", [
        { what: "tokens in a custom header", yaml: tokens("fromHeaders: [{ name: x-token }]") },
        { what: "a listed location", yaml: tokens("fromParams: [t]"), config: { places: ["fromParams"] } },
    ]);
    itRejects("extensions-telemetry", [
        { what: "a token as a tag of spans", yaml: tags("{ header: { name: Authorization } }") },
        { what: "a cookie as a tag", yaml: tags("{ header: { name: cookie } }") },
        { what: "a token by a formatter", yaml: tags('{ formatter: { value: "%REQ(authorization)%" } }') },
    ]);
    itAccepts("extensions-telemetry", [
        { what: "a harmless tag", yaml: tags("{ header: { name: x-authorization-mode } }") },
    ]);
});
