/** Certificates of the mesh's issuer, and labels of revisions. */
import { itAccepts, itRejects } from "./assertions";

const certificate = (namespace: string, name: string, issuer: string, more = ""): string =>
    `{ apiVersion: cert-manager.io/v1, kind: Certificate, metadata: { name: ${name}, namespace: ${namespace} }, spec: { secretName: ${name}, issuerRef: { ${issuer} } ${more} } }`;
const issuer = (kind: string, name: string, spec: string): string =>
    `{ apiVersion: cert-manager.io/v1, kind: ${kind}, metadata: { name: ${name}, namespace: istio-system }, spec: { ${spec} } }`;
const aws = (kind: string, name: string, arn: string): string =>
    `{ apiVersion: awspca.cert-manager.io/v1beta1, kind: ${kind}, metadata: { name: ${name}, namespace: istio-system }, spec: { arn: "${arn}" } }`;
const all = (...documents: string[]): string => documents.join("\n---\n");

const IN_CLUSTER = "name: root, kind: ClusterIssuer";
const IN_NAMESPACE = "name: root";
const ARN = "arn:aws:acm-pca:us-east-1:1:certificate-authority/a";
const BY_AWS = "name: root, kind: AWSPCAIssuer, group: awspca.cert-manager.io";
const ISTIOD = certificate("istio-system", "cacerts", IN_CLUSTER, ", isCA: true");
const OF_AWS = all(
    certificate("istio-system", "cacerts", BY_AWS, ", isCA: true"),
    aws("AWSPCAIssuer", "root", ARN),
);
const shared = (type: string, input: string, arn: string): string =>
    `{ type: "aws:${type}", name: more, properties: { ${input}: "${arn}" } }`;
const request = (reference: string): string =>
    `{ apiVersion: cert-manager.io/v1, kind: CertificateRequest, metadata: { name: r, namespace: istio-system }, spec: { request: LS0t, issuerRef: { ${reference} } } }`;
const signing = (signer: string): string =>
    `{ apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: { name: r }, spec: { request: LS0t, signerName: ${signer}, usages: [client auth] } }`;

describe("the mesh's issuer", () => {
    itRejects("identity-mesh-issuer", [
        {
            what: "another certificate",
            yaml: all(ISTIOD, certificate("shop", "more", IN_CLUSTER)),
            names: /shop\/Certificate\/more/,
        },
        { what: "another CA", yaml: all(ISTIOD, certificate("shop", "more", IN_CLUSTER, ", isCA: true")) },
        { what: "a request", yaml: all(ISTIOD, request(IN_CLUSTER)) },
        { what: "Kubernetes' request", yaml: all(ISTIOD, signing("clusterissuers.cert-manager.io/root")) },
        {
            what: "Kubernetes' request to an issuer in a namespace",
            yaml: all(
                certificate("istio-system", "cacerts", IN_NAMESPACE),
                signing("issuers.cert-manager.io/istio-system.root"),
            ),
        },
        {
            what: "an issuer with istiod's key",
            yaml: issuer("Issuer", "more", "ca: { secretName: cacerts }"),
        },
        {
            what: "an issuer with istiod's own root",
            yaml: issuer("Issuer", "more", "ca: { secretName: istio-ca-secret }"),
        },
        {
            what: "a ClusterIssuer with a copy of the key",
            yaml: issuer("ClusterIssuer", "more", "ca: { secretName: cacerts }"),
        },
        {
            what: "a second issuer with the root's key",
            yaml: all(
                certificate("istio-system", "cacerts", IN_NAMESPACE),
                issuer("Issuer", "root", "ca: { secretName: root-key }"),
                issuer("Issuer", "more", "ca: { secretName: root-key }"),
            ),
            names: /Issuer\/more/,
        },
        {
            what: "a certificate of the issuer's issuer",
            yaml: all(
                certificate("istio-system", "cacerts", IN_NAMESPACE),
                issuer("Issuer", "root", "ca: { secretName: root }"),
                certificate("istio-system", "root", "name: offline"),
                certificate("istio-system", "more", "name: offline"),
            ),
            names: /Certificate\/more/,
        },
        {
            what: "an AWS issuer for all namespaces",
            yaml: all(OF_AWS, aws("AWSPCAClusterIssuer", "more", ARN)),
        },
        {
            what: "a CA of AWS with a policy",
            yaml: all(OF_AWS, shared("acmpca/policy:Policy", "resourceArn", ARN)),
        },
        {
            what: "a CA of AWS that is shared",
            yaml: all(OF_AWS, shared("ram/resourceAssociation:ResourceAssociation", "resourceArn", ARN)),
        },
        {
            what: "a certificate by AWS",
            yaml: all(OF_AWS, shared("acmpca/certificate:Certificate", "certificateAuthorityArn", ARN)),
        },
    ]);
    itAccepts("identity-mesh-issuer", [
        {
            what: "istiod's CA and its root",
            yaml: all(
                certificate("istio-system", "cacerts", IN_NAMESPACE),
                issuer("Issuer", "root", "ca: { secretName: root }"),
                certificate("istio-system", "root", "name: self"),
                issuer("Issuer", "self", "selfSigned: {}"),
            ),
        },
        {
            what: "another issuer of the same name in a namespace",
            yaml: all(ISTIOD, certificate("shop", "more", IN_NAMESPACE)),
        },
        {
            what: "another certificate of the self-signing issuer",
            yaml: all(
                certificate("istio-system", "cacerts", "name: self"),
                issuer("Issuer", "self", "selfSigned: {}"),
                certificate("istio-system", "webhook", "name: self"),
            ),
        },
        {
            what: "another CA of AWS",
            yaml: all(OF_AWS, shared("acmpca/policy:Policy", "resourceArn", `${ARN}b`)),
        },
        {
            what: "a program without a mesh",
            yaml: all(
                certificate("shop", "web", IN_CLUSTER),
                issuer("Issuer", "ca", "ca: { secretName: shop-ca }"),
            ),
        },
    ]);
});

describe("objects of one revision", () => {
    const policy = (kind: string, api: string, labels: string): string =>
        `{ apiVersion: ${api}, kind: ${kind}, metadata: { name: p, namespace: shop, labels: { ${labels} } }, spec: {} }`;
    itRejects("access-every-revision", [
        {
            what: "a policy",
            yaml: policy("AuthorizationPolicy", "security.istio.io/v1", "istio.io/rev: stable"),
        },
        {
            what: "an empty revision",
            yaml: policy("PeerAuthentication", "security.istio.io/v1beta1", 'istio.io/rev: ""'),
        },
        {
            what: "a filter",
            yaml: policy("EnvoyFilter", "networking.istio.io/v1alpha3", "istio.io/rev: canary"),
        },
    ]);
    itAccepts("access-every-revision", [
        {
            what: "other labels",
            yaml: policy("AuthorizationPolicy", "security.istio.io/v1", "istio.io/dataplane-mode: none"),
        },
        {
            what: "a Gateway of the Gateway API",
            yaml: policy("Gateway", "gateway.networking.k8s.io/v1", "istio.io/rev: stable"),
        },
        {
            what: "a namespace",
            yaml: "{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { istio.io/rev: stable } } }",
        },
    ]);
});
